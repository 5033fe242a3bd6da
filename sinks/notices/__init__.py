"""What is told of alerts to people outside: the pure part, and the port of those who are told."""

from sinks.notices.notice import Notice, notice_of, rfc3339
from sinks.notices.port import NoticeRefused, Receiver, ReceiverAway
from sinks.notices.telling import News, forget_before, read_news

__all__ = [
    "News",
    "Notice",
    "NoticeRefused",
    "Receiver",
    "ReceiverAway",
    "forget_before",
    "notice_of",
    "read_news",
    "rfc3339",
]
