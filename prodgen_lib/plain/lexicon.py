"""What words mean: products, their parts, colours and patterns, in English and Chinese.

The tables are for people to read and extend; `LEXICON` is made of them. Which parts of a product
have its second colour is decided by the drawings in `prodgen_lib/data`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from prodgen_lib.data.catalogue import CLASSES, COLOUR_NAMES
from prodgen_lib.plain.prompts import PATTERN_WORDS

# Each line: the product, its other names, the part that templates name, other parts of the second
# colour, parts that have it in two-tone products only, parts of the main colour; then in Chinese.
PRODUCTS = """
t-shirt|tee,tshirt,t shirt,shirt|collar|cuff,neckline,neckband|sleeve|
T恤|t恤衫,恤衫,短袖,上衣|领口|领子,衣领,袖口|袖子|
mug|cup,coffee mug,coffee cup|inside|interior,lining,rim|handle|outside
马克杯|杯子,咖啡杯,杯|内壁|内里,内侧,杯口|手柄,把手,杯把,柄|杯身,外壁
sneaker|trainer,shoe,running shoe|tongue|flash,sole|heel,toe|upper
运动鞋|球鞋,跑鞋,鞋子,鞋|鞋舌|鞋底|鞋跟,鞋头|鞋面
handbag|purse,bag,hand bag,tote bag,tote|handle|clasp|flap,rim|
手提包|手袋,提包,包包,手包,包|提手|搭扣,手柄,把手,包带|翻盖|
bottle|flask,water bottle|cap|lid,top,mark|label|glass
水瓶|瓶子,水壶,瓶|瓶盖|盖子|标签|瓶身
chair|seat|frame|leg|slat,apron|back,backrest
椅子|座椅,凳子,椅|椅架|椅腿,椅脚,腿|椅条|椅背,靠背
lamp|lantern,desk lamp,table lamp|base|foot,stem,stand|edge|shade,lampshade
台灯|灯具,灯|灯座|底座,灯杆|灯边|灯罩
watch|wristwatch,wrist watch,timepiece|bezel|ring|dial,face|strap,bracelet
手表|腕表,表|表圈|外圈|表盘|表带
cap|hat,baseball cap|visor|brim,peak,bill,button,patch|panel|crown
帽子|棒球帽,鸭舌帽,帽|帽檐|帽舌,徽章|后片|帽身
backpack|rucksack,knapsack,back pack|strap|loop,buckle|pocket,pouch,lid|
背包|双肩包,书包|肩带|背带,带子|口袋|
"""
COLOURS = """
red: crimson,scarlet,红色,红,大红,朱红
orange: tangerine,橙色,橙,橘色,橘,橙黄
yellow: golden,gold,mustard,黄色,黄,金色
green: olive,emerald,绿色,绿,草绿
teal: turquoise,cyan,aqua,青色,青,蓝绿色,青绿色,蓝绿
blue: navy,azure,navy blue,蓝色,蓝,天蓝,藏青色
purple: violet,lilac,lavender,紫色,紫
pink: rose,magenta,粉色,粉红色,粉红,粉
brown: tan,chocolate,棕色,棕,褐色,咖啡色
grey: gray,silver,灰色,灰,银色
black: charcoal,黑色,黑
cream: white,ivory,beige,off white,米色,奶油色,米白色,白色,白,乳白色
"""
PATTERNS = """
plain: solid,unpatterned,no pattern,without pattern,without a pattern,纯色,素色,净色,无图案,无花纹
striped: stripy,stripe,with stripes,条纹,横条纹,条纹图案
colour-block: banded,colour block,color block,colour blocked,color blocked,band,block,拼色,色块,撞色
two-tone: bicolour,two toned,bicolor,two colour,two color,双色,双色调
"""
# Words that bind: a colour beside a "part" is the second one, beside a "body" the main one.
LINKS = """
part: trim,trimmed,trimming,detail,accent,highlight,second colour,second color,secondary colour
part: secondary color,piping,镶边,包边,滚边,饰边,边,细节,点缀,装饰,辅色,第二色,配色,次色
body: body,main colour,main color,ground,base colour,mainly,mostly,主色,主体,底色,底,为主
with: with,plus,带有,带,配有,配上,配,搭配,有
and: and,&,和,与,加,及,以及,跟
in: in,of,is,are,be,has,have,as,是,为,用,上
on: on,over,on top of
stop: ,|.|;|:|!|?|，|。|、|；|：|！|？|(|)
not: not,no,without,never,or,either,不要,没有,不带,不,无,非,或,或者
open: a pair of,pair of,a,an,the,its,it,this,that,which,please,draw,paint,show,make,give,me,us
open: i,want,would,like,need,see,picture,photo,image,one,some,very,nice,small,little,big,large
open: could,can,you,should,will,my,your,whose,made of,made,from,s,d,m,new,old,fine,both,each,also
open: pretty,light,dark,pale,bright,deep,pattern,patterned,design,style
open: colour,color,coloured,colored,shade of,product,for
open: 请,帮我,给我,我想要,我想,我要,想要,画,来,要,生成,一个,一只,一件,一把,一盏,一块,一顶,一双,一款
open: 一张,一支,个,只,的,图片,照片,图,花纹,图案,颜色,漂亮,小,大,浅,深,亮,暗,淡,款
open: 相间,那种,这种,还,商品,产品,并且,它
"""


class Lexeme(NamedTuple):
    """A phrase with a meaning: its kind, its number, and the products of which it is a part.

    `parts` always have the second colour, `panels` when two-tone, `bodies` the main colour.
    """

    kind: str
    value: int = -1
    parts: frozenset[int] = frozenset()
    panels: frozenset[int] = frozenset()
    bodies: frozenset[int] = frozenset()


def _split(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _lexicon() -> tuple[dict[str, Lexeme], list[list[str]], list[str]]:
    """What each phrase means, the nouns of each product, and the part that templates name."""
    found: dict[str, Lexeme] = {}
    nouns, shown = [], []
    for line in LINKS.strip().splitlines():
        kind, _, phrases = line.partition(": ")
        many = phrases.split("|") if kind == "stop" else _split(phrases)
        found |= {phrase: Lexeme(kind) for phrase in many}
    for kind, table in (("colour", COLOURS), ("pattern", PATTERNS)):
        for value, line in enumerate(table.strip().splitlines()):
            name, _, others = line.partition(": ")
            found |= {phrase: Lexeme(kind, value) for phrase in (name, *_split(others))}
    for number, line in enumerate(PRODUCTS.strip().splitlines()):
        name, others, part, more, panels, bodies = line.split("|")
        for phrase in (name.lower(), *_split(others)):
            found[phrase] = found.get(phrase, Lexeme("category"))._replace(
                kind="category", value=number // 2
            )
        roles = {"parts": f"{part},{more}", "panels": panels, "bodies": bodies}
        for role, phrases in roles.items():
            for phrase in _split(phrases):
                old = found.get(phrase, Lexeme("part"))
                found[phrase] = old._replace(**{role: getattr(old, role) | {number // 2}})
        if number % 2 == 0:
            nouns.append([name, *_split(others)])
            shown.append(part)
    return found, nouns, shown


LEXICON, NOUNS, PARTS = _lexicon()
"""What each phrase means; the nouns of each product; the part of each that templates name."""

REFUSALS = {
    "not": (
        "Say what the picture should show: I cannot read “{0}”.",
        "请说图里要有什么：我读不懂“{0}”。",
    ),
    "nothing": (
        "This names no product, colour or pattern.",
        "这句话没有说商品、颜色或图案。",
    ),
    "part": ("A {0} has no such part.", "{0}没有这个部件。"),
    "category": (
        "A picture shows one product; this names {0} and {1}.",
        "一张图只画一件商品；这里说了{0}和{1}。",
    ),
    "pattern": (
        "A product has one pattern; this names {0} and {1}.",
        "一件商品只有一种图案；这里说了{0}和{1}。",
    ),
    "colours": (
        "A product has two colours; this names {0}, {1} and {2}.",
        "一件商品只有两种颜色；这里说了{0}、{1}和{2}。",
    ),
    "same": (
        "The second colour differs from the main one; this says {0} for both.",
        "辅色和主色不能相同；这里两处都说了{0}。",
    ),
    "mixed": (
        "I cannot tell which of {0} and {1} is the main colour.",
        "我分不清{0}和{1}哪个是主色。",
    ),
}
"""Why a sentence cannot be read, in English and in Chinese."""
CHINESE_NAMES = {
    name: re.split(r"[,|]", re.search(r"[一-鿿].*|T恤.*", line).group())[0]
    for names, table in (
        (COLOUR_NAMES, COLOURS.strip().splitlines()),
        (PATTERN_WORDS, PATTERNS.strip().splitlines()),
        (CLASSES, PRODUCTS.strip().splitlines()[1::2]),
    )
    for name, line in zip(names, table, strict=True)
}
"""The Chinese name of each product, colour and pattern."""
