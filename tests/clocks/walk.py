"""What is done in a house under a clock, step by step; each step tells what was not as it should be."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qsl, urljoin, urlsplit

from python_calamine import CalamineWorkbook

from gongjian.testing.paper import pdf_text
from gongjian.workdays.rules import local_day, local_moment
from tests.clocks.browsing import Browser, Page
from tests.clocks.house import House

# Links that lead out of the frame or change it.
ELSEWHERE = re.compile(r"^/(static|sign-out|look)/|/choose/|^/documents/")
MOST_PAGES = 120  # of one account; the menu comes first
NUMBER = re.compile(r"\b[A-Z]{1,6}-\d{4}-\d{5,10}\b")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
SECRET = re.compile(r"查询码</dt>\s*<dd[^>]*>([0-9A-Z -]+)<")
PATIENCE_S = 60
MATTER = {
    "topic": "env-site-noise",
    "address": "永安北一街 18 号旁",
    "lon": "114.2372",
    "lat": "22.5571",
    "description": "夜钟测试：永安北一街北头的工地夜里打桩，凌晨还在响，孩子睡不着。",
    "phone": "13800006099",
}
HEADS = ("原编号", "状态", "登记时间", "办结时间", "标题", "描述", "类别")


@dataclass
class Walk:
    """One run through a house; `faults` holds what was wrong, `remarks` what is worth a look."""

    house: House
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    accounts: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    number: str = ""
    secret: str = ""

    def wrong(self, what: str) -> None:
        self.faults.append(what)

    def browser(self) -> Browser:
        return Browser(self.house.base)

    def days(self, since: datetime) -> set[str]:
        """Return the days on which something that began then may have been made."""
        return {str(local_day(since)), str(local_day(self.house.now()))}


def steps() -> tuple[Callable[[Walk], None], ...]:
    return (meet, report, track, dispatch_and_sign, desks, resident, take_tables, programs, take_in_and_back, settle)


def run(walk: Walk) -> None:
    """Do every step; one that breaks off stops no other."""
    for step in steps():
        try:
            step(walk)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the list
            walk.wrong(f"{step.__name__}: {type(error).__name__}: {error}")


def meet(walk: Walk) -> None:
    """Ask who can sign in, and with which keys programs come."""
    told = json.loads(walk.house.command("demo", "accounts", "--json"))
    walk.accounts = told["accounts"]
    walk.keys = {name: told[name] for name in ("open311_key", "api_key")}
    walk.keys["resident"] = told["residents"][0]["phone"]


# ---------------------------------------------------------------- a matter


def report(walk: Walk) -> None:
    """Report a matter on the website without an account, step by step."""
    browser = walk.browser()
    page = browser.get("/report")
    for _step in range(10):
        known = [form for form in page.parts.forms if form.method == "post" and form.action.startswith("/report")]
        if page.path.endswith("/similar"):
            page = browser.get("/report/describe")  # ours is another one
        elif known and not page.path.endswith("/done"):
            values = {name: value for name, value in MATTER.items() if name in known[0].names}
            page = browser.submit(page, known[0], **values)
        else:
            break
    numbers, secret = NUMBER.findall(page.text), SECRET.search(page.text)
    if page.status != 200 or not numbers or not secret:
        raise AssertionError(f"no receipt on {page.path} ({page.status})")
    walk.number, walk.secret = numbers[0], re.sub(r"[ -]", "", secret[1])
    month = f"{local_moment(walk.house.now()):%y%m}"
    if walk.number.split("-")[1] != month:
        walk.wrong(f"report: {walk.number} is not a number of the month {month}")


def track(walk: Walk) -> None:
    """Follow it with number and receipt code."""
    browser = walk.browser()
    page = browser.get("/track")
    page = browser.submit(page, page.form("number", "secret"), number=walk.number, secret=walk.secret)
    if page.status != 200 or walk.number not in page.text or MATTER["description"][:12] not in page.text:
        walk.wrong(f"track: {walk.number} is not shown on {page.path} ({page.status})")


def dispatch_and_sign(walk: Walk) -> None:
    """Dispatch it as the board proposes, and sign for it in the unit it went to."""
    desk = sign_in(walk, walk.accounts["dispatcher"][0])[0]
    board = desk.get(f"/desk/board/?q={walk.number}")
    form = board.form(action="/accept")
    offer = next(value for name, value in form.buttons if name == "offer" and value.startswith(walk.number))
    sent = desk.submit(board, form, offer=offer)
    if sent.status != 200 or "已派给" not in sent.text:
        walk.wrong(f"dispatch: {walk.number} was not dispatched ({sent.status})")
    for clerk in walk.accounts["unit_clerk"]:
        desk = sign_in(walk, clerk)[0]
        case = desk.get(f"/desk/cases/{walk.number}/")
        if case.status == 200:
            signed = desk.submit(case, case.form("version", action="/act/sign"))
            if signed.status != 200 or "签收" not in signed.text:
                walk.wrong(f"sign: {walk.number} was not signed ({signed.status})")
            return
    walk.wrong(f"sign: no clerk has {walk.number}")


# ---------------------------------------------------------------- desks


def sign_in(walk: Walk, person: dict[str, str]) -> tuple[Browser, Page]:
    browser = walk.browser()
    page = browser.get("/sign-in/")
    home = browser.submit(page, page.form("username"), username=person["username"], password=person["password"])
    if home.status != 200 or home.path.startswith("/sign-in"):
        raise AssertionError(f"{person['username']} cannot sign in ({home.status})")
    return browser, home


def desks(walk: Walk) -> None:
    """Open every entry of everybody's menu, and for one person of each role whatever is linked from there."""
    for role, people in walk.accounts.items():
        for nth, person in enumerate(people):
            try:
                look_around(walk, *sign_in(walk, person), who=f"{role} {person['username']}", far=nth == 0)
            except AssertionError as error:
                walk.wrong(f"desks: {error}")


def look_around(walk: Walk, browser: Browser, home: Page, *, who: str, far: bool) -> None:
    menu = {urljoin(home.url, link).partition("#")[0] for link in home.parts.menu}
    todo, seen, opened = [home.url, *sorted(menu)], set(), 0
    while todo and opened < MOST_PAGES:
        url = todo.pop(0)
        if (shape := shape_of(url)) in seen or not inside(walk, url):
            continue
        seen.add(shape)
        opened += 1
        since = walk.house.now()
        page = browser.get(url)
        judge(walk, page, url, since, who=who, must=url in menu)
        if far:
            todo += [urljoin(page.url, link).partition("#")[0] for link in page.parts.links]


def inside(walk: Walk, url: str) -> bool:
    return url.startswith(walk.house.base) and not ELSEWHERE.search(urlsplit(url).path)


def shape_of(url: str) -> str:
    """Return what pages of one kind have in common, so that one of them is opened."""
    parts = urlsplit(url)
    asked = sorted({f"{name}={value}" if name == "as" else name for name, value in parse_qsl(parts.query)})
    return re.sub(r"\d+", "#", NUMBER.sub("N", parts.path)) + "?" + "&".join(asked)


def judge(walk: Walk, page: Page, url: str, since: datetime, *, who: str, must: bool) -> None:
    """Say what is wrong with an answer: a fault of ours, a menu that leads nowhere, a file of another day."""
    short = url.removeprefix(walk.house.base)
    if page.status >= 500 or (must and page.status != 200):
        walk.wrong(f"{who}: {page.status} {short}")
    elif page.status >= 400:
        walk.remarks.append(f"{who}: a link leads to {page.status} {short}")
    told = set(DAY.findall(page.file_name))
    if told - walk.days(since):
        walk.wrong(f"{who}: {short} is called {page.file_name} on {sorted(walk.days(since))}")


def resident(walk: Walk) -> None:
    """Sign in by phone, and look at one's own matters."""
    browser = walk.browser()
    page = browser.get("/my/matters")
    page = browser.submit(page, page.form("phone"), phone=walk.keys["resident"])
    code = await_code(walk, walk.keys["resident"])
    mine = browser.submit(page, page.form("code"), code=code)
    if mine.path != "/my/matters" or mine.status != 200:
        walk.wrong(f"resident: {mine.status} {mine.path} after the code")
    look_around(walk, browser, mine, who="resident", far=True)


def await_code(walk: Walk, phone: str) -> str:
    """Return the code of the newest text message to this number."""
    sent = walk.house.folder / "home" / "outbox" / "sms.log"
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        lines = [json.loads(line) for line in sent.read_text().splitlines()] if sent.exists() else []
        for line in reversed(lines):
            if line["number"].endswith(phone) and "code" in line["variables"]:
                return str(line["variables"]["code"])
        time.sleep(0.2)
    raise AssertionError("no code was sent")


# ---------------------------------------------------------------- tables, papers


def take_tables(walk: Walk) -> None:
    """Take the matter out as csv and workbook, and its work order: each tells the day of the report."""
    desk = sign_in(walk, walk.accounts["supervisor"][0])[0]
    address = f"/desk/lists/search/?q={MATTER['description'][:4]}"
    for path in (address, f"{address}&as=xlsx", f"/desk/cases/{walk.number}/order.pdf"):
        since = walk.house.now()
        page = desk.get(path)
        judge(walk, page, path, since, who="supervisor", must=True)
        text = words_of(page.content)
        if walk.number not in text or not any(day in text for day in walk.days(walk.house.moment)):
            walk.wrong(f"tables: {path} does not tell {walk.number} with its day")


def words_of(content: bytes) -> str:
    """Return what a person reads in a csv, a workbook or a PDF."""
    if content.startswith(b"%PDF"):
        return pdf_text(content)
    if content.startswith(b"PK"):
        rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
        return "\n".join(str(cell) for row in rows for cell in row)
    return content.decode()


# ---------------------------------------------------------------- programs


def programs(walk: Walk) -> None:
    """Read and report through Open311 and /api/v1; the clock has moved on since the first report."""
    browser = walk.browser()
    for path in ("/open311/v2/services.json", "/open311/v2/requests.json", f"/open311/v2/requests/{walk.number}.json"):
        page = browser.get(path)
        if page.status != 200 or not json.loads(page.text):
            walk.wrong(f"programs: {page.status} {path}")
    asked = {
        "api_key": walk.keys["open311_key"],
        "service_code": "env-site-noise",
        "lat": "22.5571",
        "long": "114.2372",
    }
    page = browser.post("/open311/v2/requests.json", [*asked.items(), ("description", MATTER["description"])])
    if page.status not in {200, 201}:
        walk.wrong(f"programs: Open311 takes no report ({page.status} {page.text[:200]})")
    key = {"X-Api-Key": walk.keys["api_key"]}
    for path in ("/api/v1/me", "/api/v1/hotline/cases?limit=100", f"/api/v1/hotline/cases/{walk.number}/record"):
        page = browser.get(path, **key)
        if page.status != 200:
            walk.wrong(f"programs: {page.status} {path}")
    told = reported_at(walk, json.dumps({"text": MATTER["description"], "kind": "complaint"}).encode())
    if abs(walk.house.now() - told) > timedelta(seconds=PATIENCE_S):
        walk.wrong(f"programs: reported at {told}, but the clocks show {walk.house.now()}")


def reported_at(walk: Walk, body: bytes) -> datetime:
    """Report through /api/v1 without a key, and return when that was, as the house says."""
    browser, kind = walk.browser(), {"Content-Type": "application/json", "Idempotency-Key": f"clock-{time.time()}"}
    page = browser.post("/api/v1/hotline/cases", body, **kind)
    made = json.loads(page.text)
    seen = json.loads(browser.get(f"/api/v1/hotline/cases/{made['id']}", **{"X-Receipt": made["receipt"]}).text)
    return datetime.fromisoformat(seen["created_at"])


# ---------------------------------------------------------------- records in, and back


def take_in_and_back(walk: Walk) -> None:
    """Take records of another program in, find them unchanged, take them back, and find nothing of them."""
    file = walk.house.folder / "records.csv"
    rows = list(records(walk.house.now()))
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([HEADS, *rows])
    take = ("hotline", "import", file.name, "--program", "旧热线", "--json")
    made = last_object(walk.house.command(*take))
    expect(walk, "import", made, created=len(rows), rejected=0)
    expect(walk, "import again", last_object(walk.house.command(*take)), created=0, unchanged=len(rows))
    undone = last_object(walk.house.command("hotline", "import", "--undo", str(made["batch"]), "--json"))
    if undone["kept"]:
        walk.wrong(f"undo: kept {undone['kept']}, which nobody had touched")
    expect(walk, "after undo", last_object(walk.house.command(*take, "--dry-run")), created=len(rows), unchanged=0)


def records(now: datetime) -> Iterator[tuple[str, ...]]:
    """Yield rows of the last days and months; the newest is of this day, the oldest of the year before."""
    for nth, days in enumerate((0, 1, 2, 31, 60, 366)):
        opened = local_moment(now - timedelta(days=days, minutes=20))
        closed = "" if nth == 1 else f"{opened + timedelta(minutes=10):%Y-%m-%d %H:%M}"
        state = "在办" if nth == 1 else "已办结"
        words = f"夜钟旧件 {nth}：楼道灯坏了。"
        yield f"A-{nth}", state, f"{opened:%Y-%m-%d %H:%M}", closed, words, words, "street-lights"


def last_object(said: str) -> dict[str, object]:
    return dict(json.loads(said.strip().splitlines()[-1]))


def expect(walk: Walk, what: str, told: dict[str, object], **wanted: int) -> None:
    wrong = {name: told.get(name) for name, n in wanted.items() if told.get(name) != n}
    if wrong:
        walk.wrong(f"{what}: {wrong} instead of {wanted}")


def settle(walk: Walk) -> None:
    """See that it is ready, and that no job has failed."""
    page = walk.browser().get("/readyz")
    if page.status != 200:
        walk.wrong(f"settle: not ready: {page.text[:200]}")
    failed = [json.loads(line) for line in walk.house.command("queue", "list", "--json").splitlines() if line]
    walk.faults += [f"settle: a job failed: {job}" for job in failed if job]
