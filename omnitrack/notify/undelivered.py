"""What could not be delivered, as a record of the topic `undelivered`."""

from __future__ import annotations

import msgspec

from sinks.notices import Notice


class Undelivered(msgspec.Struct, frozen=True):
    """A notice that `receiver` did not take, why, and when it was given up (UTC ms)."""

    receiver: str
    notice: Notice
    error: str
    given_up_at: int


encode_undelivered = msgspec.json.Encoder().encode
decode_undelivered = msgspec.json.Decoder(Undelivered).decode
