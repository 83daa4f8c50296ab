"""The `octogate` command with planted defects: each raises with all that it knows of the call in its text."""

import asyncio

from octogate.cli import main
from octogate.control.application import ControlPages
from octogate.proxy.edge.connection import Connection
from octogate.proxy.router import Router

DEFECTS = ("defect-stage", "defect-callback", "defect-task")


def plant() -> None:
    """Break a stage, a callback of the loop, a task that nobody awaits, the protocol and a control page."""
    plan, receive = Router.plan, Connection.data_received

    def broken_plan(self, group, call, *rest, **named):
        told = b" ".join(bytes(value) for value in call.fields.values()).decode()
        if call.model == "defect-callback":
            asyncio.get_running_loop().call_soon(_fail, told)
        elif call.model == "defect-task":
            asyncio.get_running_loop().create_task(_fail_later(told))
        elif call.model == "defect-stage":
            _fail(told)
        return plan(self, group, call, *rest, **named)

    def broken_receive(self, data):
        if b"defect-protocol" in data:
            _fail(data.decode("latin-1"))
        receive(self, data)

    async def broken_page(self, request):
        _fail(f"{request.url} {request.headers}")

    Router.plan, Connection.data_received, ControlPages.healthz = broken_plan, broken_receive, broken_page


def _fail(told: str) -> None:
    raise ValueError(told)


async def _fail_later(told: str) -> None:
    _fail(told)


if __name__ == "__main__":
    plant()
    main()
