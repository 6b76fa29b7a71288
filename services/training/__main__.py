"""Operate the service training: migrate, serve, and look after its delivery."""

from services.training.app import SERVICE
from shared.operate.service import run_service

run_service(SERVICE)
