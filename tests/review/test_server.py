"""The server answers the page that it serves, and nobody else."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.errors import InvalidInputError
from podia.review.server import ReviewServer


def _double(asked: Any) -> Any:
    if not isinstance(asked, int):
        raise InvalidInputError("That is not a number.")
    return 2 * asked


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewServer]:
    """A server of a folder with a page, a table, a hidden file, and a link that leads out."""
    root = tmp_path_factory.mktemp("served")
    (root / "secret.txt").write_text("secret")
    folder = root / "folder"
    (folder / "tables").mkdir(parents=True)
    (folder / ".podia").mkdir()
    (folder / ".podia" / "config.json").write_text("secret")
    (folder / "report.html").write_text("page")
    (folder / "tables" / "cells.csv").write_text("frame\n")
    (folder / "link.txt").symlink_to(root / "secret.txt")
    with ReviewServer(
        folder,
        pages={"": lambda: folder / "report.html"},
        reads={"progress": lambda: {"done": 1}},
        writes={"double": _double},
    ) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()


def ask(
    server: ReviewServer, path: str, body: object = None, method: str | None = None, **headers: str | None
) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers; a header that is None is left out."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    method = method or ("GET" if body is None else "POST")
    given = {"Host": f"127.0.0.1:{server.server_port}"}
    if method == "POST":
        given |= {"Origin": server.origin, "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=True)
    content = b"" if body is None else json.dumps(body).encode()
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    if method == "POST" and "Content-Length" not in given:
        connection.putheader("Content-Length", str(len(content)))
    connection.endheaders(content)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, dict(answer.getheaders())


def test_pages_files_and_operations_are_there_below_the_token(server: ReviewServer) -> None:
    below = f"/{server.token}/"
    assert ask(server, below)[:2] == (200, "page")
    assert ask(server, below + "tables/cells.csv")[:2] == (200, "frame\n")
    assert json.loads(ask(server, below + "progress")[1]) == {"done": 1}
    assert ask(server, below + "double", 21)[:2] == (200, "42")
    assert ask(server, below + "double", "x")[:2] == (409, "That is not a number.")
    assert ask(server, below + "other", 1)[0] == 404
    headers = ask(server, below)[2]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "https" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/report.html", "/wrong/report.html", "/wrong/progress", "//report.html"]
)
def test_without_the_token_nothing_is_served(server: ReviewServer, path: str) -> None:
    status, text, _ = ask(server, path)
    assert status == 404
    assert "page" not in text
    assert server.token not in text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost", "127.0.0.1", "127.0.0.1:1", "", None]
)
def test_another_host_is_refused_even_with_the_token(server: ReviewServer, host: str | None) -> None:
    assert ask(server, f"/{server.token}/", Host=host)[0] in (400, 403)
    assert ask(server, f"/{server.token}/double", 1, Host=host)[0] in (400, 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1", "http://localhost:80", ""]
)
def test_another_origin_is_refused(server: ReviewServer, origin: str) -> None:
    assert ask(server, f"/{server.token}/double", 1, Origin=origin)[0] == 403
    assert ask(server, f"/{server.token}/progress", Origin=origin)[0] == 403


def test_a_post_needs_origin_type_and_a_sound_body(server: ReviewServer) -> None:
    path = f"/{server.token}/double"
    assert ask(server, path, 1, Origin=None)[0] == 403
    assert ask(server, path, 1, Content_Type="text/plain")[0] == 403
    assert ask(server, path, 1, Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(server, path, None, "POST", Content_Length="-1")[0] == 400
    assert ask(server, path, None, "POST", Content_Length="99999999999")[0] == 400
    assert ask(server, path, None, "POST", Content_Length="x")[0] == 400
    assert ask(server, path, method="PUT")[0] == 501


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "tables/../../secret.txt",
        "link.txt",
        ".podia/config.json",
        "tables//cells.csv",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "tables",
        "..\\secret.txt",
        "report.html%00",
    ],
)
def test_nothing_outside_the_folder_or_hidden_is_served(server: ReviewServer, name: str) -> None:
    status, text, _ = ask(server, f"/{server.token}/{name}")
    assert status == 404
    assert "secret" not in text


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), max_size=30))
@settings(max_examples=50, deadline=None)
def test_any_path_gives_a_file_of_the_folder_or_nothing(server: ReviewServer, name: str) -> None:
    status, text, _ = ask(server, f"/{server.token}/{name}")
    assert status in (200, 404, 400)
    assert "secret" not in text
    assert status != 200 or text in ("page", "frame\n", '{"done": 1}')
