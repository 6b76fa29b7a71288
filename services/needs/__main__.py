"""Run the needs service alone: migrate, serve, web, worker, relay and the operator's commands."""

from services.needs.app import SERVICE
from shared.operate.service import run_service

run_service(SERVICE)
