"""`python -m services.evaluation …`: run and operate this service alone."""

from services.evaluation.app import SERVICE
from shared.operate.service import run_service

run_service(SERVICE)
