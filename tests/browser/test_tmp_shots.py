from tests.browser.test_import import *
from tests.browser.test_import import FILE
BIG = "客户名称,会员号,手机,来源,入会日期,积分\n" + "".join(f"客户{n},C{n},13{n%10}12345{n:03},{'门店' if n%9 else '地推'},{'2025-03-02' if n%7 else '25/13/04'},{n}\n" for n in range(100,400))
def test_shots(live, shop, new_page, tmp_path):
    file = tmp_path / "customers.csv"; file.write_text(BIG.replace("门店","shop"))
    with live.workspace.writing(SYSTEM) as act: pass
    for width in (1280, 768, 390):
        page = new_page(viewport={"width": width, "height": 800})
        live.sign_in(page)
        page.goto("/apps/shop/customer/import"); page.screenshot(path=f"/tmp/s{width}_1.png")
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="Upload and look at the columns").click()
        page.get_by_role("button", name="Check 300 rows").wait_for(); page.screenshot(path=f"/tmp/s{width}_2.png")
        print(width, page.evaluate("[document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *')].filter(e=>e.getBoundingClientRect().right>window.innerWidth+1).slice(0,8).map(e=>e.tagName+'.'+e.className+' '+e.getBoundingClientRect().right)]"))
        page.get_by_role("button", name="Check 300 rows").click()
        page.get_by_role("button", name=re.compile(r"Import \d+ rows")).wait_for(); page.screenshot(path=f"/tmp/s{width}_3.png")
        print(width, page.evaluate("[document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *')].filter(e=>e.getBoundingClientRect().right>window.innerWidth+1).slice(0,8).map(e=>e.tagName+'.'+e.className+' '+e.getBoundingClientRect().right)]"))
    page.get_by_role("button", name=re.compile(r"Import \d+ rows")).click()
    page.get_by_role("button", name="Take the import back").wait_for(); page.screenshot(path=f"/tmp/s{width}_4.png")
