# ruff: noqa: INP001, S310, S608, T201 - a script of its own; who may set its variables may do what it does anyway
"""Has ClickHouse write its database to an object store, and read it from there: backup.py backup|restore.

ClickHouse does both itself; this asks it to. What goes wrong ends it with status 1 and one line that holds no secret.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

_SECONDS = 3500  # less than the Job has


def main() -> None:
    began = time.monotonic()
    done = {"backup": backup, "restore": restore}[sys.argv[1]]()
    tell("info", sys.argv[1], **done, seconds=round(time.monotonic() - began, 1))


def backup() -> dict[str, object]:
    name = time.strftime("audit-%Y%m%dT%H%M%SZ", time.gmtime())
    rows = count()
    ask(f"BACKUP DATABASE {database()} TO {place(name)}")
    return {"backup": name, "rows": rows}


def restore() -> dict[str, object]:
    """Add what a backup holds to what is there: rows of the same time and id are one row, whoever wrote them."""
    name = os.environ.get("BACKUP", "latest")
    name = latest() if name == "latest" else name
    ask(f"RESTORE DATABASE {database()} FROM {place(name)} SETTINGS allow_non_empty_tables = true")
    return {"backup": name, "rows": count()}


def latest() -> str:
    """Give the youngest backup; ClickHouse writes `.backup` at the end of each."""
    files = place("audit-*/.backup").removeprefix("S3")
    found = ask(f"SELECT max(_path) FROM s3{files[:-1]}, 'One')")
    if not found:
        raise SystemExit(tell("error", "there is no backup", store=os.environ["STORE"]))
    return found.split("/")[-2]


def count() -> int:
    if ask(f"EXISTS TABLE {database()}.events") != "1":
        return 0
    return int(ask(f"SELECT count() FROM {database()}.events FINAL"))


def database() -> str:
    return os.environ["CLICKHOUSE_DATABASE"]


def place(name: str) -> str:
    values = f"{os.environ['STORE']}/{name}", os.environ["ACCESS_KEY"], os.environ["SECRET_KEY"]
    return "S3({})".format(", ".join(quoted(one) for one in values))


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def ask(statement: str) -> str:
    headers = {
        "X-ClickHouse-User": os.environ["CLICKHOUSE_USER"],
        "X-ClickHouse-Key": os.environ["CLICKHOUSE_PASSWORD"],
    }
    asked = urllib.request.Request(os.environ["CLICKHOUSE_URL"], statement.encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:
            return answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        reason = error.read().decode(errors="replace").strip()
    except OSError as error:
        reason = str(error)
    raise SystemExit(tell("error", "ClickHouse did not do it", reason=reason[:1000]))


def tell(level: str, message: str, **more: object) -> int:
    """Write a line of the log without the secrets; give the exit status of an error."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = json.dumps({"time": moment, "level": level, "service": "backup", "message": message, **more})
    for name in ("ACCESS_KEY", "SECRET_KEY", "CLICKHOUSE_PASSWORD"):
        line = line.replace(os.environ[name], "...")
    print(line, flush=True)
    return 1


if __name__ == "__main__":
    main()
