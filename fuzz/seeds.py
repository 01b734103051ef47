#!/usr/bin/env python3
"""Seeds for the fuzzer, from the fixtures: whole files for `judge`, saved plans for `archive`, their messages for `fields`, policies for `policy`, two versions
of sources for `source`."""
import pathlib, re, sys, zipfile

root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "fuzz" / "corpus"


def put(target, name, data):
    (corpus / target).mkdir(parents=True, exist_ok=True)
    (corpus / target / name).write_bytes(data)


for path in sorted((root / "fixtures").rglob("*")):
    if not path.is_file() or path.stat().st_size > 200_000:
        continue
    name = "-".join(path.relative_to(root / "fixtures").parts)
    data = path.read_bytes()
    if path.suffix in (".json", ".txt", ".jsonl", ".tfplan", ".zip", ".tfstate"):
        put("judge", name, data)
    if data[:2] == b"PK":
        put("archive", name, data[:-22])
        try:
            put("fields", name, zipfile.ZipFile(path).read("tfplan"))
        except (KeyError, zipfile.BadZipFile):
            pass
    if path.name == "applygate.toml":
        put("policy", name, data)
# Two versions of a module each: what a fixture was before, and what is planned.
for now in sorted((root / "fixtures").rglob("main.tf")):
    was = now.parent / "before" / "main.tf"
    if was.is_file():
        put("source", "-".join(now.parent.relative_to(root / "fixtures").parts), was.read_bytes() + b"\0" + now.read_bytes())
pages = [root / "README.md", *sorted((root / "docs").rglob("*.md")), *sorted((root / "rules").glob("*.md"))]
for page in pages:
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", page.read_text(), re.S)):
        put("policy", f"{page.stem}-{number}.toml", block.encode())
