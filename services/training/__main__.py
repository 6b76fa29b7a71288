"""Operate the service training: migrate, serve, and look after its delivery."""

from shared.operate.service import run_service

from services.training.app import SERVICE

run_service(SERVICE)
