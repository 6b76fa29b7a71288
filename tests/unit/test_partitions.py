"""A key goes to the partition that Kafka's own clients would choose, since order is kept per partition."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id
from shared.partitions import partition_of


def chosen_by_the_client(key: bytes, count: int) -> int:
    partitions = list(range(count))
    found: int = DefaultPartitioner()(key, partitions, partitions)
    return found


@given(key=st.binary(max_size=80), count=st.integers(1, 60))
def test_partition_is_the_one_of_the_client(key: bytes, count: int) -> None:
    assert partition_of(key, count) == chosen_by_the_client(key, count)


def test_partition_of_ids_is_the_one_of_the_client() -> None:
    keys = [str(new_id()).encode() for _ in range(1_000)]

    found = [partition_of(key, 12) for key in keys]

    assert found == [chosen_by_the_client(key, 12) for key in keys]
    assert set(found) == set(range(12))
