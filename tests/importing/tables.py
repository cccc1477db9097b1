"""Tables of results, written to be imported."""

from pathlib import Path

CELLS = """student,size_b,style,family,accuracy,corpus,items
small,0.5,ift,math-open,0.20,general,500
small,0.5,reasoning,math-open,0.30,general,500
large,7,ift,math-open,0.45,general,500
large,7,reasoning,math-open,0.66,general,500
"""
ANSWERS = """student,size_parameters,arm,family,task,item,correct,prompt_tokens,answer_tokens
s,1e9,ift,math-open,sums,a,1,10,5
s,1e9,ift,math-open,sums,b,0,10,5
s,1e9,reasoning,math-open,sums,a,true,10,95
s,1e9,reasoning,math-open,sums,b,0.5,10,105
"""


def written(folder: Path, text: str, name: str = "results.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
