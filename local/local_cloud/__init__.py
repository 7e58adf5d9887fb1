"""The embedded cloud: template.yaml, state machines and functions on moto with a test clock."""

from local_cloud.clock import Clock, SettableClock, TestClock
from local_cloud.cloud import LocalCloud
from local_cloud.deliveries import FailedDelivery
from local_cloud.functions import FunctionError
from local_cloud.http_api import HttpResponse
from local_cloud.inside import ExecutionRecord
from local_cloud.mail import MailBehaviour, SentMail

__all__ = [
    "Clock",
    "ExecutionRecord",
    "FailedDelivery",
    "FunctionError",
    "HttpResponse",
    "LocalCloud",
    "MailBehaviour",
    "SentMail",
    "SettableClock",
    "TestClock",
]
