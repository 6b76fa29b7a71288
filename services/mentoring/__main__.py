"""`python -m services.mentoring …`: run and operate this service alone."""

from services.mentoring.app import SERVICE
from shared.operate.service import run_service

run_service(SERVICE)
