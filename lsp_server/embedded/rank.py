import math
from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.search import Place
from lsp_server.embedded.tokens import FIRST_NAME, DEEPER, LEVEL, SHALLOWER
import re

NAMES = ["bias","len","len4","covers","overlap","right","above","below","folder","kind","cont","unknown",
 "subst","nsub","shapelen","shape_more","conflict","agree", "onlyshape",
 "right4","rightline","rightshape","overlap20","overlap200","overbelow","linesabove","linesbelow","faraway","dupabove","dupbelow","dist","partial",
 "s_overlap","s_right","s_cont","s_unknown","s_len","s_bias", "s_right4", "linesabove8", "names_in_rest", "idf"]
WEIGHTS = [-5.3,.58,.33,-.65,3.8,1.2,-.9,-.5,-.5,-1,-.8,-1,0,0,0,0,0,0,0]
MARKS = (DEEPER, LEVEL, SHALLOWER)
_M = re.compile("[\x01-\x03]")
lines_of = _M.split

class Ranker:
    def __init__(self, cursor: Cursor):
        context = cursor.context
        self.cursor = cursor
        self.typed = len(context) - max(context.rfind(m) for m in MARKS)
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
        self.above3 = frozenset(x for x in L[-4:-1] if len(x) > 2)
        self.above8 = frozenset(x for x in L[-9:-1] if len(x) > 2)
        B = lines_of(cursor.below.tokens[:80])
        self.below4 = frozenset(x for x in B[1:5] if len(x) > 2)
        self.lastline = L[-2] if len(L) > 1 else ""
        self.nextline = B[1] if len(B) > 1 else ""
        self.rest: dict[str, tuple[float, float]] = {}

    def features(self, place: Place, end: int, rest: str, nsub, conflict, agree, subst) -> list[float]:
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
            cached = self.rest[rest] = (math.log2(1 + len(rest)), unknown, far, float(whole == self.lastline), float(whole==self.nextline), sum([1.0 for c in rest if c >= FIRST_NAME])/(len(rest)+1))
        cont, unknown, far, dupa, dupb, nn = cached
        L = lines_of(tokens[max(0,p-120):p])
        la3 = len(self.above3.intersection(L[-4:-1]))
        la8 = len(self.above8.intersection(L[-9:-1]))
        lb = len(self.below4.intersection(lines_of(tokens[end:end+80])[1:5]))
        if near==0: dist = math.log2(1+len(tokens)-p)
        elif near==1: dist = math.log2(1+p)
        else: dist=0
        r = math.log2(1+right); r4=float(min(right,4)); lo=math.log2(1+n)
        s = self.start
        nextlen = len(self.nextline)+1
        return [1.0, lo, min(n, 4), float(n >= self.typed), overlap, r, float(near==0), float(near==1), float(near==2), float(near==3), cont, unknown,
            float(subst), nsub, math.log2(1+place.shape), math.log2((1+place.shape)/(1+n)), conflict, agree, float(subst == 0 and n==0),
            r4, float(right>=nextlen), math.log2(1+rightshape), overlap20, overlap200, overb, float(la3), float(lb), far, dupa, dupb, dist, math.log2(1+len(self.cursor.partial)),
            s*overlap, s*r, s*cont, s*unknown, s*lo, s, s*r4, float(la8), nn, 0.0
            ]
