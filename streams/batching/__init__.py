"""Faust with batch delivery: one agent item is all records fetched together from one partition."""

from streams.batching.app import BatchApp
from streams.batching.batch import Batch, Delivery, Handler, Record
from streams.batching.create import create_app
from streams.batching.endings import Ending
from streams.batching.filling import KeyValue
from streams.batching.sender import Outgoing, RecordSender
from streams.batching.settings import Bounds, WorkerSettings
from streams.batching.table import BatchTable, Write

__all__ = [
    "Batch",
    "BatchApp",
    "BatchTable",
    "Bounds",
    "Delivery",
    "Ending",
    "Handler",
    "KeyValue",
    "Outgoing",
    "Record",
    "RecordSender",
    "WorkerSettings",
    "Write",
    "create_app",
]
