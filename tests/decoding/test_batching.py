"""Which samples are decoded together."""

from breakeven.decoding.batching import batches


def test_batches_are_even_hold_every_sample_once_and_put_long_prompts_first():
    prompts = [(f"i{n}", [0] * (1 + n % 7)) for n in range(25)]
    found = batches(prompts, samples=2, size=20)
    assert [len(batch) for batch in found] == [16, 17, 17]
    rows = [row for batch in found for row in batch]
    assert sorted((row.item, row.sample) for row in rows) == sorted(
        (item, sample) for item, _ in prompts for sample in range(2)
    )
    lengths = [len(row.prompt) for row in rows]
    assert lengths == sorted(lengths, reverse=True)
