"""Stand-ins for what the tests must not depend on."""

from tests.fakes.server import FakeEndpoint
from tests.fakes.values import Model, RecordedRequest, Reply

__all__ = ["FakeEndpoint", "Model", "RecordedRequest", "Reply"]
