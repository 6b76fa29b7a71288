"""The tables that migrations make are those that the code declares."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from services.evaluation.app import SERVICE as EVALUATION
from services.evaluation.tables import EvaluationBase
from services.mentoring.app import SERVICE as MENTORING
from services.mentoring.tables import MentoringBase
from shared.runtime import Service
from tests.conftest import MakeDatabase


@pytest.mark.parametrize(
    ("service", "metadata"), [(EVALUATION, EvaluationBase.metadata), (MENTORING, MentoringBase.metadata)]
)
async def test_migrations_make_the_declared_tables(
    make_database: MakeDatabase, service: Service, metadata: MetaData
) -> None:
    alone = await make_database(service=service.name, agency="medan", lineages=[service.lineage])

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": f"{service.name}_version", "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with alone.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
