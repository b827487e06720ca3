"""How often the search finds the right tool, over questions written before the tools' descriptions were read.

python tests/benchmarks/search_quality.py
"""

import time

from report import line
from search_questions import ask, share

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.search import Search

apis = [api for api in catalog().apis if api.kind == "rest"]
start = time.perf_counter()
search = Search(apis)
indexed = time.perf_counter()
answers = ask(search)
answered = time.perf_counter()

for split in ("tune", "held", "all"):
    some = [answer for answer in answers if split in (answer.question.split, "all")]
    line(f"the first tool is right, {split} ({len(some)} questions)", share(some, 1) * 100, "%", 80, at_least=True)
    line(f"the right tool is among three, {split}", share(some, 3) * 100, "%", 95, at_least=True)
line(f"index of {len(apis)} tools", (indexed - start) * 1000, "ms", 100)
line("one search", (answered - indexed) / len(answers) * 1000, "ms", 5)

print("\nNot first (×: not among three either)")
for answer in answers:
    if not answer.within(1):
        print(f"{' ' if answer.within(3) else '×'} {answer.question.split}  {answer.question.text}")
        print(f"        wanted {' or '.join(sorted(answer.question.expected))}")
        print(f"        came   {', '.join(answer.found) or 'nothing'}")
