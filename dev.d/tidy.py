#!/usr/bin/env python3
"""clang-tidy on the given files, in parallel; what was clean is remembered by the digest of all it includes.

usage: tidy.py BUILD_DIR JOBS FILE...      A header counts as the .cc files beside it that include it.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def closure(path, seen):
    """Adds `path` and every project header that it reaches to `seen`."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_text(errors="replace")):
        closure(pathlib.Path("src") / name, seen)
        closure(path.parent / name, seen)


def digest_of(path):
    seen = set()
    closure(path, seen)
    digest = hashlib.sha256(pathlib.Path(".clang-tidy").read_bytes())
    for file in sorted(seen):
        digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def main():
    build, jobs, files = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    root = pathlib.Path.cwd()
    known = {pathlib.Path(e["file"]) for e in json.loads((build / "compile_commands.json").read_text())}
    units = set()
    for file in map(pathlib.Path, files):
        if file.suffix == ".h":
            name = str(file.relative_to("src")) if file.parts[0] == "src" else str(file)
            beside = [*file.parent.glob("*.cc"), *file.parent.glob("*.cpp")]
            units.update(u for u in beside if name in INCLUDE.findall(u.read_text(errors="replace")))
        else:
            units.add(file)
    units = sorted(u for u in units if root / u in known)
    stamps = pathlib.Path("build/tidy")
    stamps.mkdir(parents=True, exist_ok=True)

    def check(unit):
        stamp = stamps / digest_of(unit)
        if stamp.exists():
            return True, ""
        run = subprocess.run(["clang-tidy-19", "--quiet", "-p", str(build), str(unit)],
                             capture_output=True, text=True, timeout=900)
        if run.returncode == 0:
            stamp.touch()
        return run.returncode == 0, run.stdout

    bad = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for unit, (clean, text) in zip(units, pool.map(check, units)):
            if not clean:
                bad.append(str(unit))
                print(text.strip())
    if bad:
        print("clang-tidy: " + " ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
