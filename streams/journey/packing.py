"""How a value rests in the state table: compressed, with a dictionary, for values are small and much alike.

A value begins with the number of its packing. The dictionary is part of it and must never change: another dictionary is
another packing, with a number of its own, beside which values of this one can still be read.
"""

from __future__ import annotations

import lz4.block
import msgspec

_NUMBER = b"\x01"
_NUMBER_IN_PARTS = b"\x02"
"""As the one before, of what is not whole without a part elsewhere: who does not know of that is to refuse it."""

_NOTHING = (None,) * 7
_WORDS = (
    ("enter", "identify", "inquire", "apply", "wait", "serve", "decide", "feedback", "leave"),
    ("failed", "abandoned", "cancelled", "referred", "succeeded", "progressed"),
    ("csat", "nps", "ces", "elderly", "disabled", "minor", "other"),
    ("account", "card", "phone", "wechat_openid", "device", "customer_no"),
)
_DETAILS = (
    ("branch", '{"branch_id":"B","counter_no":"1","desk":"counter","queue_length":1,"ticket_no":"A"}'),
    ("branch", '"desk":"reception" "desk":"vip" "desk":"self_service" "desk":"other"'),
    ("atm", '{"response_code":"00","service":"withdraw","terminal_id":"T'),
    ("atm", '"service":"deposit" "service":"transfer" "service":"inquiry" "service":"pin" "service":"other"'),
    ("wechat", '{"menu":"","surface":"official_account"}'),
    ("wechat", '{"menu":"","surface":"mini_program"}'),
    ("hotline", '{"agent_id":"A","call_id":"K","disposition":"","ivr_path":["1","2"]}'),
    ("online_banking", '{"browser":"Chrome Edge Firefox Safari","path":"/","region":"'),
    ("mobile_app", '{"app_version":"1","device_model":"","os":"harmonyos","screen":""}'),
    ("mobile_app", '{"app_version":"1","device_model":"","os":"android","screen":""}'),
    ("mobile_app", '{"app_version":"1","device_model":"iPhone","os":"ios","screen":""}'),
)


def _dictionary() -> bytes:
    """Words of the contract, then stored touchpoints as streams.journey.state encodes them."""
    stored: list[object] = []
    for channel, details in _DETAILS:
        fields: list[object] = [
            channel,
            "e",
            0,
            "",
            "serve",
            "progressed",
            "s",
            *_NOTHING,
            [],
            {},
            *_NOTHING[:5],
            [],
            None,
        ]
        touchpoint = [*fields, {"customer_no": "C"}, details]
        stored.append([touchpoint, 0, [f"omnitrack.touchpoints.{channel}", 0, 0]])
    return msgspec.msgpack.encode([_WORDS, stored])


DICTIONARY = _dictionary()

_GREATEST = 256 * 1024 * 1024
"""More than a record of the changelog can be unpacked to. A damaged size would ask for memory that is not there, which
no record is blamed for, so that the worker would end at each start.
"""


class UnknownPacking(ValueError):
    """A value was packed by a later version, or is none of ours."""


DAMAGED = (ValueError, lz4.block.LZ4BlockError)
"""What `unpack` raises of a value that is not as it was packed, `UnknownPacking` among them."""


def pack(value: bytes, *, in_parts: bool = False) -> bytes:
    """`value` compressed by LZ4 with the numbered dictionary, whose number leads; `in_parts`: it is one of several."""
    packed: bytes = lz4.block.compress(value, dict=DICTIONARY)
    return (_NUMBER_IN_PARTS if in_parts else _NUMBER) + packed


def unpack(packed: bytes) -> bytes:
    """What was packed. Raises one of `DAMAGED`."""
    if packed[:1] not in (_NUMBER, _NUMBER_IN_PARTS):
        raise UnknownPacking(f"packing {packed[:1].hex()} of the state table is not known to this version")
    if int.from_bytes(packed[1:5], "little") > _GREATEST:
        raise UnknownPacking("a state of the state table says that it is larger than any that was packed")
    value: bytes = lz4.block.decompress(packed[1:], dict=DICTIONARY)
    return value
