"""Clients of AWS's services, made once per process, each with how patient it is."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# Every call gives up and is retried within a Lambda's time; SES alone gets one attempt in all.
RETRYING = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)
# Addresses that are handed out are signed for the bucket's own region, as newer regions ask for it.
S3_CLIENT = RETRYING.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
ONE_ATTEMPT = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 1})


@cache
def client(service: str, config: Config = RETRYING) -> Any:
    """A client, made once per process: making one takes longer than most calls."""
    return boto3.client(service, config=config)
