"""The record of a trained cell: parameters, curves, tokens, FLOPs, device-seconds, digests."""

from breakeven.core.files import digest_path
from breakeven.core.layout import student_folder
from breakeven.core.records import Record, versions
from breakeven.costs.amounts import Amount, absent
from breakeven.costs.ceiling import DeviceCeiling, find_ceiling
from breakeven.costs.devices import record_fields
from breakeven.costs.model_shapes import known_architecture
from breakeven.models.pointer import read_pointer
from breakeven.params import Params
from breakeven.train.cell_training import training_folder
from breakeven.train.process_rank import is_distributed
from breakeven.train.system_samples import read_samples
from breakeven.train.train_result import TrainResult


def write_train_record(
    params: Params, student: str, arm: str, seed: int, result: TrainResult | None
) -> None:
    """Write `records/train/<student>/<arm>/<seed>.json`; `result` is what `train_cell` gave.

    An untrained arm has a record too: it took no training, so its FLOPs are a true zero.
    """
    cell: dict[str, str | int] = {"student": student, "arm": arm, "seed": seed}
    folder = student_folder(student, arm, seed)
    if result is None:
        Record(
            stage="train",
            cell=cell,
            parameters={"method": "none"},
            flops={"train": 0.0},
            outputs={folder.as_posix(): digest_path(folder)},
            versions=versions(),
        ).write()
        return
    measured = record_fields(result.usage)
    ceiling = _ceiling(params, result)
    flops, reasons = _flops(result, student)
    share = ceiling.share(flops, result.usage.device_seconds)
    reasons |= {"utilisation": share.reason} if share.reason else {}
    Record(
        stage="train",
        cell=cell,
        parameters=result.settings,
        series={**result.series, **read_samples(training_folder(result.key))},
        tokens=result.tokens,
        flops=result.flops,
        inputs=result.inputs,
        outputs={folder.as_posix(): result.digest},
        details={**result.details, **ceiling.as_details(), "training": result.key},
        versions=versions(),
        **{
            **measured,
            "metrics": {**result.metrics, **measured["metrics"], "utilisation": share.value},
            "absent": {**measured["absent"], **reasons},
        },
    ).write()


def _flops(result: TrainResult, student: str) -> tuple[Amount, dict[str, str]]:
    """The training FLOPs, and why they are absent where the base's shape is not known."""
    if result.flops["train"] is not None:
        return Amount(result.flops["train"]), {}
    reason = str(known_architecture(read_pointer(student).path))
    return absent(reason), {f"flops.{name}": reason for name in result.flops}


def _ceiling(params: Params, result: TrainResult) -> DeviceCeiling:
    """What one of the devices that trained can do, as it computed."""
    import torch

    from breakeven.train.trained_model import compute_dtype

    device, threads = result.usage.device, params.training.threads
    # A stage that has waited for other processes does not know how many threads they used.
    if threads is None and (result.details["processes"] == 1 or is_distributed()):
        threads = torch.get_num_threads()
    dtype = compute_dtype(result.settings["dtype"], torch.device(device.kind))
    return find_ceiling(device, str(dtype).removeprefix("torch."), threads)
