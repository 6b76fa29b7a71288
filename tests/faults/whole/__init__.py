"""The whole installation under faults: four services as processes over Kafka and PostgreSQL, under real commands."""
