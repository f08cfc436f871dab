"""What the documents point at is there: the file of a link, its heading, a file in a code span."""
import pathlib
import re

from house import files, report

# Files of the repository that are named without a link: `src/loop/turn.c`, `lua/*.c`.
NAMED = r"`((?:docs|examples|include|lua|spec|src|tests|types)/[\w./*]*)`"


def prose(path):
    return re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)


def anchors(path):
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.*)$", prose(path), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads_somewhere(path, link):
    target, _, anchor = link.partition("#")
    found = path.parent / target if target else path
    return found.exists() and (not anchor or anchor in anchors(found))


def links(path):
    """Those into the repository."""
    for link in re.findall(r"\]\(([^()\s]+)\)", prose(path)):
        if not re.match(r"[a-z]+:", link):
            yield link


problems = []
for path in files("*.md", "docs/*.md"):
    for link in links(path):
        if not leads_somewhere(path, link):
            problems.append(f"{path}: {link} leads nowhere")
    for name in re.findall(NAMED, prose(path)):
        if not any(pathlib.Path().glob(name)):
            problems.append(f"{path}: there is no {name}")
report(problems)
