"""Application Auto Scaling for ECS services: `api` answers and remembers, `scaling` moves desired counts."""
