import math
from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.search import Place
from lsp_server.embedded.tokens import FIRST_NAME, DEEPER, LEVEL, SHALLOWER
import re

NAMES = ["bias","len4","len","covers","overlap20","overlap60","overlap200","right","rightshape","linesbelow","linesabove","overbelow","elsewhere",
 "cont","unknown","faraway","names_in_rest","dup","conflict","subst","nsub","nsubword","partial","start","s_overlap","s_right","same_header","unseen","dist","redefined","partlen2","partialwhole"]
WEIGHTS = [-4.79,.4,-.05,.95,2.7,.5,.6,.58,.23,.48,.2,.87,1,-.38,-.86,-.69,1.5,-10,-1.67,-.82,.64,0,.47,-3,.9,.06,0,0,0]
MARKS = (DEEPER, LEVEL, SHALLOWER)
_M = re.compile("[\x01-\x03]")
lines_of = _M.split

DEFS=set("def class import from const async elif case export function interface type enum struct fn func pub".split())
class Ranker:
    def __init__(self, cursor: Cursor, word):
        self.word = word
        context = cursor.context
        self.cursor = cursor
        self.typed = len(context) - max(context.rfind(m) for m in MARKS)
        self.partials = [c for c in [cursor.known] if c]
        self.start = float(self.typed == 1 and not cursor.partial)
        names = lambda s: frozenset(c for c in s if c >= FIRST_NAME)
        self.near20 = names(context[-20:])
        self.near = names(context[-60:])
        self.near200 = names(context[-200:])
        self.nearbelow = names(cursor.below.tokens[:40])
        self.local = frozenset(cursor.above.tokens) | frozenset(cursor.below.tokens) | frozenset(context[-200:])
        self.close = frozenset(context[-400:]) | frozenset(cursor.below.tokens[:100])
        self.below = cursor.below.tokens[:16]
        self.belowshape = cursor.below.shape[:16]
        L = lines_of(context[-120:])
        self.head = L[-1]
        self.above8 = frozenset(x for x in L[-9:-1] if len(x) > 2)
        B = lines_of(cursor.below.tokens[:80])
        self.below4 = frozenset(x for x in B[1:5] if len(x) > 2)
        self.lastline = L[-2] if len(L) > 1 else ""
        self.nextline = B[1] if len(B) > 1 else ""
        self.rest: dict[str, tuple[float, float]] = {}

    def features(self, place: Place, end: int, rest: str, nsub, nsw, conflict, agree, subst, same_header, unseen) -> list[float]:
        doc = place.source.document
        tokens = doc.tokens
        n = place.length
        p = place.position
        overlap = len(self.near.intersection(tokens[max(0, p - 60) : p])) / (len(self.near) + 1)
        overlap20 = len(self.near20.intersection(tokens[max(0, p - 20) : p])) / (len(self.near20) + 1)
        overlap200 = len(self.near200.intersection(tokens[max(0, p - 200) : p])) / (len(self.near200) + 1)
        overb = len(self.nearbelow.intersection(tokens[end:end+40])) / (len(self.nearbelow) + 1)
        right = 0
        for a, b in zip(tokens[end : end + 16], self.below):
            if a != b: break
            right += 1
        rightshape = 0
        for a, b in zip(doc.shape[end : end + 16], self.belowshape):
            if a != b: break
            rightshape += 1
        near = place.source.nearness
        cached = self.rest.get(rest)
        if cached is None:
            local = self.local
            unknown = sum([1.0 for c in rest if c >= FIRST_NAME and c not in local])
            far = sum([1.0 for c in rest if c >= FIRST_NAME and c not in self.close])
            whole = self.head + rest
            cached = self.rest[rest] = (math.log2(1 + len(rest)), unknown, far, sum([1.0 for c in rest if c >= FIRST_NAME])/(len(rest)+1), float(whole == self.lastline or whole==self.nextline),
              float(self.word(whole[0]) in DEFS and (whole in self.cursor.above.tokens or whole in self.cursor.below.tokens)))
        L = lines_of(tokens[max(0,p-120):p])
        la8 = len(self.above8.intersection(L[-9:-1]))
        lb = len(self.below4.intersection(lines_of(tokens[end:end+80])[1:5]))
        if near==0: dist = math.log2(1+len(tokens)-p)
        elif near==1: dist = math.log2(1+p)
        else: dist=0
        r = math.log2(1+right); r4=float(min(right,4)); lo=math.log2(1+n)
        s = self.start
        return [1.0, min(n, 4), lo, float(n >= self.typed), overlap20, overlap, overlap200, r, math.log2(1+rightshape), float(lb), float(la8), overb, float(near>1), *cached[:-1],
            conflict, float(subst), nsub, nsw, math.log2(1+len(self.cursor.partial)), s, s*overlap, s*r, same_header, unseen, dist, cached[-1], math.log2(1+self.typed), float(bool(self.cursor.partial) and rest[0] in self.partials)
            ]
