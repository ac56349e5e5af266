import json
def write(results, options, folder):
    from collections import Counter
    off={r["key"].split("|",1)[1]:r for r in results if r["mode"]=="off"}
    for mode in dict.fromkeys(r["mode"] for r in results):
        rs=[r for r in results if r["mode"]==mode]
        for su in ("banking","slack","travel","workspace"):
            c=[r for r in rs if r["suite"]==su and not r["injection"]]
            print(mode,su,"clean",sum(r["done"] for r in c),len(c))
            for o in ("first","last"):
                p=[r for r in rs if r["suite"]==su and r["injection"] and r["order"]==o and r["variant"]=="plain"]
                k=Counter()
                for r in p:
                    b=off.get(r["key"].split("|",1)[1]); f=b and b["reached"]
                    k["feasible" if f else "infeasible"]+=1
                    if f:
                        k["delivered"]+=r["delivered"]; k["emitted"]+=r["emitted"]>0; k["reached"]+=r["reached"]; k["done"]+=r["done"]
                print("   ",o,dict(k))
    return 0
