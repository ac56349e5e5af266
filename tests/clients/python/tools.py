"""What the agents of this folder can do: three plain functions."""
import subprocess


def read_file(path: str) -> str:
    """Read a text file."""
    with open(path) as file:
        return file.read()


def write_file(path: str, content: str) -> str:
    """Write a text file."""
    with open(path, "w") as file:
        file.write(content)
    return "written"


def run_command(command: str) -> str:
    """Run a shell command and return its output."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr
