"""What goes over the channel, and how it is taken apart again, however it is cut."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.provision.framing import Bytes, Lines, Stream, command, header, loop


@given(st.binary(max_size=60), st.integers(1, 9))
def test_a_mark_is_found_wherever_the_stream_is_cut(before: bytes, size: int) -> None:
    stream, whole, found = Stream(), before + b"\ntoken 17\nrest", None
    for at in range(0, len(whole), size):
        stream.feed(whole[at : at + size])
        found = found or stream.until("token")
    assert found == (before, "17")
    assert bytes(stream.held) == b"rest"


@given(st.lists(st.sampled_from(["", "a", "b c", "@x y"]), max_size=6), st.booleans(), st.integers(1, 7))
def test_lines_are_those_of_the_output(lines: list[str], has_tail: bool, size: int) -> None:
    text = "".join(f"{line}\n" for line in lines) + ("tail" if has_tail else "")
    whole, seen = f"{text}\ntoken 0\n".encode(), list[str]()
    reader = Lines("token", seen.append)
    for at in range(0, len(whole), size):
        reader.feed(whole[at : at + size])
    assert seen == [*lines, *(["tail"] if has_tail else [])]


@given(st.lists(st.sampled_from([b"\n", b"token", b"\ntoken", b"\ntoke", b"\x00\xff", b" 0\n"])), st.integers(1, 9))
def test_bytes_come_as_they_are_and_the_mark_is_left_for_others(parts: list[bytes], size: int) -> None:
    before = b"".join(parts)
    whole, seen, rest = before + b"\ntoken 17\nmore", list[bytes](), b""
    reader = Bytes("token", seen.append)
    for at in range(0, len(whole), size):
        rest += reader.feed(whole[at : at + size])
    marked = (before + b"\ntoken 17\n").find(b"\ntoken ")
    assert (b"".join(seen), rest) == (whole[:marked], whole[marked:])


SHELLS = (("sh",), ("bash", "--posix"), ("bash",), ("busybox", "sh"), ("dash",), ("zsh", "--emulate", "sh"))


def answer(process: subprocess.Popen[bytes], sent: bytes, mark: bytes) -> bytes:
    """What the loop prints up to the mark of a step, which is sent in one piece."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(sent)
    got = b""
    while not (got.endswith(b"\n") and got.rsplit(b"\n", 2)[-2].startswith(mark)):
        line = process.stdout.readline()
        assert line, got
        got += line
    return got


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_serves_steps_with_script_and_data_in_one_stream(shell: tuple[str, ...]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]} here")
    pipe, words = subprocess.PIPE, [*shell, "-c", loop("nonce")]
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        first = b"a password that nobody read\n" + header("nonce", "t1", "wc -c; echo é >&2; exit 3", 70000)
        assert answer(process, first + b"x" * 70000, b"t1 ") == b"\nnonce ready\n70000\n\nt1 3\n"
        assert answer(process, header("nonce", "t2", "cat; echo $DREAM_BYTES", 0), b"t2 ") == b"0\n\nt2 0\n"
        assert answer(process, header("nonce", "t3", "exit 9", 5) + b"12345", b"t3 ") == b"\nt3 9\n"
        script = "kill -0 $DREAM_SESSION && echo alive"
        assert answer(process, header("nonce", "t4", script, 0), b"t4 ") == b"alive\n\nt4 0\n"
        out, err = process.communicate(timeout=20)
    assert (out, process.returncode) == (b"", 0)
    assert err.decode() == "\nnonce ready\né\n\nt1 3\n\nt2 0\n\nt3 9\n\nt4 0\n"


def test_a_script_that_was_cut_off_is_not_run() -> None:
    whole = header("nonce", "t1", "echo dangerous", 0)
    for cut in range(1, 20):
        done = subprocess.run(["sh", "-c", loop("nonce")], input=whole[:-cut], capture_output=True, check=False)
        assert b"dangerous" not in done.stdout


@pytest.mark.parametrize("sudo", ["no", "quiet", "asked"])
def test_the_command_line_suits_every_login_shell(sudo: str) -> None:
    text = command("0123456789abcdef", sudo)  # type: ignore[arg-type]
    assert "\n" not in text
    assert "!" not in text
    assert text.startswith("exec sh -c '")
    assert text.count("'") == (2 if sudo == "no" else 4)
