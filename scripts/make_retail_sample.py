"""Makes the sample records of the retail template: 600 invented customers and their 3,100 orders, always the same ones.

    python scripts/make_retail_sample.py        writes templates_library/retail/sample/*.csv

Days are offsets from the day of installation (-24: 24 days before), so that a shop installed today has been open until today. The column
`#` is a name for the row within the sample: other files point at it; it is not stored. How many customers fall into each tier of the
starter model is decided here and checked by a test on the installed template.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "templates_library" / "retail" / "sample"
SEED = 20261121
WANTED = {"high": 54, "middle": 180, "low": 366}
ORDERS = 3_100
DONE, YEAR = "done", 365

STORES = [
    ("杭州湖滨店", "杭州", "上城区示例路 18 号"),
    ("上海静安店", "上海", "静安区示例路 266 号"),
    ("南京新街口店", "南京", "玄武区示例路 9 号"),
    ("苏州观前店", "苏州", "姑苏区示例路 41 号"),
    ("成都春熙店", "成都", "锦江区示例路 77 号"),
    ("武汉江汉店", "武汉", "江汉区示例路 120 号"),
    ("广州天河店", "广州", "天河区示例路 228 号"),
    ("深圳福田店", "深圳", "福田区示例路 3 号"),
]
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = (
    "子涵 雨桐 欣怡 梓萱 诗涵 佳怡 思琪 静怡 雅婷 晓雯 梦洁 可欣 若曦 语嫣 安然 芷若 书瑶 "
    "婉清 明轩 浩然 宇航 俊杰 子轩 博文 天佑 嘉豪 志强 建国 文博 一鸣 晨曦 昊天 立新 海峰 "
    "国栋 春燕 秀兰 桂芳 丽娟 红梅 晓东 振华 永康 玉洁 慧敏 佩珊 思远 致远 乐怡 知夏"
).split()
FIRMS = ("云禾 青木 远山 禾木 晨光 同舟 南浔 北辰 合众 锦程 惠泽 拾光").split()
TRADES = ("贸易有限公司", "餐饮管理有限公司", "文化传媒有限公司", "幼儿园", "酒店管理有限公司")
GOODS = {
    "clothing": [("针织开衫", 299), ("羊绒围巾", 459), ("通勤衬衫", 239), ("羽绒服", 899), ("牛仔裤", 329), ("纯棉 T 恤", 99)],
    "beauty": [("保湿面霜", 268), ("防晒乳", 159), ("口红", 189), ("洁面乳", 79), ("面膜礼盒", 199), ("精华液", 420)],
    "baby": [("婴儿奶粉", 318), ("纸尿裤", 139), ("儿童水杯", 89), ("绘本套装", 168), ("婴儿连体衣", 119), ("推车", 1299)],
    "food": [("坚果礼盒", 128), ("咖啡豆", 88), ("有机大米", 69), ("茶叶礼盒", 268), ("酸奶", 29), ("橄榄油", 96)],
    "home": [("四件套", 399), ("香薰蜡烛", 119), ("玻璃餐具", 169), ("收纳箱", 59), ("台灯", 229), ("乳胶枕", 299)],
    "digital": [("蓝牙耳机", 399), ("电动牙刷", 299), ("充电宝", 129), ("智能手环", 269), ("空气炸锅", 459), ("扫地机器人", 1999)],
}
SOURCES = ["store"] * 9 + ["web"] * 4 + ["platform"] * 4 + ["referral"] * 3 + ["fair", "phone"]
REVIEWS = [
    "面料很舒服，会再来。",
    "导购很耐心。",
    "送货比预计晚了两天。",
    "尺码偏小，换货很顺利。",
    "包装用心，送人合适。",
    "活动价和门店不一致，希望说明。",
    "退款等了一周。",
    "新品很喜欢。",
]
COMPLAINTS = ["商品有瑕疵，希望尽快处理。", "客服电话一直占线。", "退货运费没有说明。"]
NOTES = [
    "邀请参加新品试穿",
    "确认换货收到",
    "介绍会员日活动",
    "了解最近没来的原因",
    "推荐搭配商品",
    "提醒积分到期",
    "确认团购数量",
    "生日祝福",
]


@dataclass
class Order:
    day: int
    status: str = DONE
    items: list[tuple[str, str, int, int]] = field(default_factory=list)
    discounted: bool = False
    refund: int = 0

    @property
    def amount(self) -> int:
        return sum(quantity * price for _product, _category, quantity, price in self.items)


@dataclass
class Customer:
    tier: str
    orders: list[Order]
    home: int = 0
    online: float = 0.3
    row: dict[str, Any] = field(default_factory=dict)


# -- the starter model, as simple as it is ------------------------------------------------------------------------------------------
def band(value: float, cuts: list[int]) -> int:
    return 1 + sum(value >= cut for cut in cuts)


def tier_of(orders: list[Order]) -> str:
    done = [each for each in orders if each.status == DONE]
    if not done:
        return "none"
    year = [each for each in done if each.day > -YEAR]
    recency = 1 + sum(-max(each.day for each in done) <= cut for cut in (14, 30, 60, 120))
    bands = (recency, band(len(year), [2, 3, 6, 12]), band(sum(each.amount - each.refund for each in year), [800, 3000, 8000, 20000]))
    score = sum(weight * (each - 1) / 4 for weight, each in zip((30, 30, 40), bands, strict=True))
    return "high" if score >= 65 else "middle" if score >= 40 else "low"


# -- buying -------------------------------------------------------------------------------------------------------------------------
HABITS = {  # orders in a year, days since the last, lines an order, how dear
    "high": ((9, 16), (0, 50), (2, 4), 1.6),
    "middle": ((4, 9), (0, 60), (1, 3), 1.0),
    "low": ((1, 3), (8, 330), (1, 2), 0.7),
}


def history(chance: random.Random, tier: str) -> list[Order]:
    """Orders of one customer who falls into this tier."""
    while True:
        (least, most), (near, far), lines, dear = HABITS[tier]
        count = chance.randint(least, most)
        last = near + round((far - near) * chance.random() ** (1 if tier == "low" else 2))
        span = chance.choices([85, 200, 364, 640], weights=[1, 2, 5, 6])[0]
        days = sorted({-last, *(-chance.randint(last, max(last + 1, min(span, 364))) for _ in range(count - 1))})
        older = [-chance.randint(366, 720) for _ in range(chance.choice([0, 0, 1, 2, 3]))] if span > 364 else []
        favourites = chance.sample(list(GOODS), chance.choice([1, 2, 2, 3]))
        bargains = chance.random() < 0.14
        orders = [basket(chance, day, favourites, lines, dear, bargains) for day in sorted([*older, *days])]
        if tier_of(orders) == tier:
            return orders


def basket(chance: random.Random, day: int, favourites: list[str], lines: tuple[int, int], dear: float, bargains: bool) -> Order:
    items = []
    for _ in range(chance.randint(*lines)):
        category = chance.choice(favourites) if chance.random() < 0.85 else chance.choice(list(GOODS))
        product, price = chance.choices(GOODS[category], weights=[each[1] ** (dear - 1.25) for each in GOODS[category]])[0]
        items.append((product, category, chance.choices([1, 2, 3], weights=[7, 2, 1])[0], price))
    order = Order(day, items=items, discounted=chance.random() < (0.92 if bargains else 0.3))
    fate = chance.random()
    if fate < 0.045:
        order.status = "returned"
    elif fate < 0.06:
        order.status = "cancelled"
    elif fate < 0.1:
        order.refund = min(order.amount, items[0][3])
    return order


def customers(chance: random.Random) -> list[Customer]:
    found = [
        Customer(tier, history(chance, tier), chance.randrange(len(STORES)), chance.choice([0.05, 0.2, 0.5, 0.9]))
        for tier, count in WANTED.items()
        for _ in range(count)
    ]
    chance.shuffle(found)
    fill_up(chance, found)
    return found


def fill_up(chance: random.Random, found: list[Customer]) -> None:
    """Brings the orders to their round number by what lies more than a year back and so changes no tier."""
    missing = ORDERS - sum(len(each.orders) for each in found)
    if missing < 0:
        raise SystemExit(f"{-missing} orders too many: make the habits smaller")
    regular = [each for each in found if each.orders[0].day < -150]
    for _ in range(missing):
        customer = chance.choice(regular)
        order = basket(chance, -chance.randint(366, 720), ["home", "food", "clothing"], (1, 2), 0.9, False)
        order.status, order.refund = DONE, 0
        customer.orders = sorted([*customer.orders, order], key=lambda each: each.day)


# -- rows of the files ----------------------------------------------------------------------------------------------------------------
def customer_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    names: set[str] = set()
    for number, customer in enumerate(found, 1):
        company = chance.random() < 0.05
        name = chance.choice(FIRMS) + chance.choice(TRADES) if company else chance.choice(SURNAMES) + chance.choice(GIVEN)
        while name in names:
            name = (
                chance.choice(FIRMS) + chance.choice(FIRMS) + chance.choice(TRADES)
                if company
                else chance.choice(SURNAMES) + chance.choice(GIVEN)
            )
        names.add(name)
        customer.row = {"#": f"k{number:03}", "name": name, **profile(chance, customer, number, company)}
    return sorted((each.row for each in found), key=lambda row: row["joined_on"])


def profile(chance: random.Random, customer: Customer, number: int, company: bool) -> dict[str, Any]:
    thin = chance.random() < 0.05  # hardly anything is known: a provisional tier
    known = (lambda: 1.0) if thin else chance.random
    first = customer.orders[0].day
    bought = Counter(category for order in customer.orders for _product, category, _quantity, _price in order.items)
    child = "baby" if bought["baby"] >= 2 else chance.choice(["none", "none", "child", "teen"])
    mobile = f"1{chance.choice('358')}{chance.choice('0156789')}0000{number:04}"
    row = {
        "joined_on": min(0, first + chance.choice([0, 0, -1, -6])),
        "sort": "company" if company else "person",
        "mobile": mobile if known() < 0.93 else "",
        "email": "",
        "source": chance.choice(SOURCES) if known() < 0.94 else "",
        "city": STORES[customer.home][1] if known() < 0.95 else "",
        "stage": stage_of(customer),
        "consent_marketing": "yes" if known() < 0.72 else "no",
        "card_no": f"8800{number:06}" if known() < 0.9 else "",
        "home_store": STORES[customer.home][0] if known() < 0.94 else "",
        "birthday": ""
        if company or known() > 0.82
        else f"{chance.randint(1962, 2004)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        "gender": "" if company or known() > 0.85 else chance.choice(["female", "female", "male"]),
        "categories": ",".join(category for category, _count in bought.most_common(2)) if known() < 0.75 else "",
        "child_age": "" if company else child,
        "tags": "group_buyer" if company else "student" if known() < 0.04 else "double11" if known() < 0.1 else "",
    }
    if not row["mobile"] or known() < 0.3:
        row["email"] = f"member{number:03}@example.com"
    if company and row["source"] == "web":
        row["source"] = "fair"
    return row


def stage_of(customer: Customer) -> str:
    done = [each.day for each in customer.orders if each.status == DONE]
    last, count = -done[-1], len(done)
    if last > 240:
        return "lost"
    if last > 90:
        return "at_risk"
    return "new" if count == 1 else "growing" if count < 4 else "steady"


def order_rows(chance: random.Random, found: list[Customer]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows, lines = [], []
    every = sorted(((order, customer) for customer in found for order in customer.orders), key=lambda pair: pair[0].day)
    for number, (order, customer) in enumerate(every, 1):
        online = chance.random() < customer.online
        rows.append(
            {
                "#": f"o{number:04}",
                "customer": customer.row["#"],
                "paid_on": order.day,
                "store": "" if online else STORES[customer.home][0],
                "channel": "online" if online else "store",
                "discounted": "yes" if order.discounted else "no",
                "coupon_no": "",
                "points": order.amount // 10 if order.status == DONE else 0,
                "refund": order.refund,
                "status": order.status,
            }
        )
        lines += [
            {"#": f"o{number:04}", "product": product, "category": category, "quantity": quantity, "price": price}
            for product, category, quantity, price in order.items
        ]
    return rows, lines


def visit_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    rows = []
    for customer in found:
        recent = [each for each in customer.orders if each.day > -200]
        for order in recent:
            if chance.random() < 0.55 * (1 - customer.online):
                rows.append({"customer": customer.row["#"], "happened_on": order.day, "store": STORES[customer.home][0]})
        extra = {"high": 5, "middle": 2, "low": 1}[customer.tier]
        for _ in range(chance.randint(0, extra) if recent else 0):
            rows.append({"customer": customer.row["#"], "happened_on": -chance.randint(0, 120), "store": STORES[customer.home][0]})
    return sorted(rows, key=lambda row: row["happened_on"])


def feedback_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    rows = []
    for customer in chance.sample(found, 220):
        complaint = chance.random() < 0.09
        day = -chance.randint(0, 180)
        rows.append(
            {
                "customer": customer.row["#"],
                "given_on": day,
                "sort": "complaint" if complaint else chance.choice(["review", "review", "nps", "suggestion"]),
                "score": chance.randint(1, 4) if complaint else chance.choices([5, 6, 7, 8, 9, 10], weights=[1, 2, 4, 7, 6, 4])[0],
                "words": chance.choice(COMPLAINTS) if complaint else chance.choice(REVIEWS),
                "closed_on": min(0, day + 2) if complaint and chance.random() < 0.8 else "",
            }
        )
    return sorted(rows, key=lambda row: row["given_on"])


def referral_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    referred = [each for each in found if each.row["source"] == "referral"]
    givers = chance.sample([each for each in found if each.orders[0].day < -200], 34)
    rows = []
    for customer in referred:
        giver = chance.choice(givers[:9] if chance.random() < 0.7 else givers)
        if giver is not customer:
            rows.append({"referrer": giver.row["#"], "referred": customer.row["#"], "happened_on": customer.orders[0].day, "result": "won"})
    rows += [
        {
            "referrer": chance.choice(givers).row["#"],
            "referred": "",
            "happened_on": -chance.randint(2, 60),
            "result": chance.choice(["open", "open", "lost"]),
        }
        for _ in range(16)
    ]
    return sorted(rows, key=lambda row: row["happened_on"])


def share_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    sharers = chance.sample(found, 70)
    return sorted(
        (
            {
                "customer": chance.choice(sharers).row["#"],
                "happened_on": -chance.randint(0, 240),
                "sort": chance.choice(["photo", "review", "review", "invite"]),
                "reach": round(chance.lognormvariate(4.3, 1.1)),
                "orders_brought": chance.choices([0, 1, 2], weights=[16, 3, 1])[0],
            }
            for _ in range(150)
        ),
        key=lambda row: row["happened_on"],
    )


def follow_up_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    rows = []
    for customer in chance.sample([each for each in found if each.tier != "low"], 70):
        day = -chance.randint(2, 80)
        rows.append(
            {
                "customer": customer.row["#"],
                "note": chance.choice(NOTES),
                "due_at": f"{day} {chance.randint(9, 17):02}:{chance.choice(['00', '30'])}",
                "way": chance.choice(["phone", "wechat", "wechat", "visit"]),
                "done": "yes",
                "outcome": chance.choice(["interested", "waiting", "sold", "refused", "no_answer"]),
                "minutes": chance.choice([5, 10, 15, 30]),
            }
        )
    for place, customer in enumerate(chance.sample([each for each in found if each.tier == "high"], 12)):
        day = place // 3 - 1
        rows.append(
            {
                "customer": customer.row["#"],
                "note": f"{chance.choice(NOTES)}：{customer.row['name']}",
                "due_at": f"{day} {9 + place % 3 * 3:02}:30",
                "way": chance.choice(["phone", "wechat"]),
                "done": "no",
                "outcome": "",
                "minutes": "",
            }
        )
    return rows


def coupon_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    agreeing = [each for each in found if each.row["consent_marketing"] == "yes"]
    rows = []
    for customer in chance.sample(agreeing, 90):
        until = chance.randint(-120, 30)
        used = chance.random() < 0.35
        rows.append(
            {
                "customer": customer.row["#"],
                "reason": chance.choice(["birthday", "second_order", "campaign", "campaign"]),
                "value": chance.choice([30, 50, 50, 100]),
                "valid_until": until,
                "used_on": min(0, until - chance.randint(1, 20)) if used else "",
            }
        )
    return rows


def contact_rows(chance: random.Random, found: list[Customer]) -> list[dict[str, Any]]:
    firms = [each for each in found if each.row["sort"] == "company"]
    return [
        {
            "customer": each.row["#"],
            "name": chance.choice(SURNAMES) + chance.choice(GIVEN),
            "position": chance.choice(["行政主管", "采购", "总经理助理"]),
            "mobile": f"1390000{9000 + number}",
            "part": chance.choice(["decides", "buys", "influences"]),
            "verified_on": -chance.randint(10, 300),
        }
        for number, each in enumerate(firms)
    ]


def store_rows() -> list[dict[str, Any]]:
    return [{"name": name, "city": city, "address": address} for name, city, address in STORES]


def write(name: str, rows: list[dict[str, Any]]) -> None:
    with (SAMPLE / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    chance = random.Random(SEED)
    found = customers(chance)
    SAMPLE.mkdir(parents=True, exist_ok=True)
    write("stores", store_rows())
    write("customers", customer_rows(chance, found))
    orders, lines = order_rows(chance, found)
    write("orders", orders)
    write("order_items", lines)
    for name, make in (
        ("visits", visit_rows),
        ("feedback", feedback_rows),
        ("referrals", referral_rows),
        ("shares", share_rows),
        ("follow_ups", follow_up_rows),
        ("coupons", coupon_rows),
        ("contacts", contact_rows),
    ):
        write(name, make(chance, found))


if __name__ == "__main__":
    main()
