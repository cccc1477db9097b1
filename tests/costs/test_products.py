"""Which library multiplies follows from the processor."""

from pathlib import Path

import pytest

from breakeven.costs import products


@pytest.mark.parametrize(
    ("vendor", "family", "wide"),
    [
        ("AuthenticAMD", 26, True),
        ("AuthenticAMD", 27, True),
        ("AuthenticAMD", 25, False),
        ("GenuineIntel", 6, False),
        ("GenuineIntel", 26, False),
    ],
)
def test_only_an_amd_with_units_of_512_bits_leaves_pytorchs_products(
    vendor: str, family: int, wide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: 17\n\n" * 2
    )
    monkeypatch.setattr(products, "_CPUINFO", cpuinfo)
    assert products._is_zen_5_or_later() is wide


def test_a_system_that_does_not_tell_its_processor_keeps_pytorchs_products(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "_CPUINFO", tmp_path / "none")
    assert not products._is_zen_5_or_later()
