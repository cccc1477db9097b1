"""Which cell begins next, and what a failure holds up."""

from breakeven.running.schedule import Need, Room, Schedule

READS = {
    "base": (),
    "pairs": (),
    "small": ("base", "pairs"),
    "large": ("base", "pairs"),
    "answer-small": ("small",),
    "answer-large": ("large",),
    "score": ("answer-small", "answer-large"),
}
SECONDS = {"small": 10.0, "large": 60.0, "answer-small": 5.0, "answer-large": 20.0}


def seconds(name: str) -> float:
    return SECONDS.get(name, 1.0)


def test_a_cell_begins_only_when_all_that_it_reads_is_done() -> None:
    schedule = Schedule(READS)
    assert schedule.ready(seconds) == ["base", "pairs"]
    schedule.begin("base")
    schedule.end("base")
    assert schedule.ready(seconds) == ["pairs"]


def test_the_longest_way_to_the_end_begins_first() -> None:
    schedule = Schedule(READS)
    for name in ("base", "pairs"):
        schedule.begin(name)
        schedule.end(name)
    assert schedule.ready(seconds) == ["large", "small"]
    assert schedule.ways(seconds)["large"] == 60 + 20 + 1


def test_longest_first_ends_no_later_than_twice_the_bound() -> None:
    """Every cell once, two at a time: the whole takes what no order could beat by half."""
    schedule, clock, running = Schedule(READS), 0.0, {}
    order = []
    while schedule.waiting or running:
        for name in schedule.ready(seconds)[: 2 - len(running)]:
            schedule.begin(name)
            running[name] = clock + seconds(name)
            order.append(name)
        first = min(running, key=lambda name: running[name])
        clock = running.pop(first)
        schedule.end(first)
    assert sorted(order) == sorted(READS)
    assert clock == 1 + 60 + 20 + 1


def test_a_failure_leaves_out_what_reads_it_and_nothing_else() -> None:
    schedule = Schedule(READS)
    for name in ("base", "pairs"):
        schedule.begin(name)
        schedule.end(name)
    schedule.begin("small")
    schedule.fail("small")
    assert schedule.left_out == ["answer-small", "score"]
    assert schedule.ready(seconds) == ["large"]


def test_a_cell_that_need_not_run_lets_others_begin() -> None:
    schedule = Schedule(READS)
    schedule.end("base")
    schedule.end("pairs")
    assert schedule.ready(seconds) == ["large", "small"]
    assert schedule.done == ["base", "pairs"]


def test_a_cell_whose_worker_is_lost_waits_again_and_holds_up_what_reads_it() -> None:
    schedule = Schedule(READS)
    for name in ("base", "pairs"):
        schedule.begin(name)
        schedule.end(name)
    schedule.begin("large")
    schedule.again("large")
    assert schedule.ready(seconds) == ["large", "small"]
    assert "answer-large" in schedule.waiting


def test_cells_share_cores_and_one_alone_may_take_more_than_there_are() -> None:
    room = Room(2, 2)
    assert room.has_place([], Need(8))
    assert room.has_place([Need(1)], Need(1))
    assert not room.has_place([Need(1)], Need(2))
    assert not room.has_place([Need(1), Need(1)], Need(0))
    assert Room(2, None).has_place([Need(8)], Need(8))
    assert not Room(0, None).has_place([], Need(1))


def test_cells_share_memory() -> None:
    room = Room(None, None, 10.0)
    assert room.has_place([Need(1, 4.0)], Need(1, 6.0))
    assert not room.has_place([Need(1, 4.0)], Need(1, 7.0))
