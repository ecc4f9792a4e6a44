"""Part of the MT-Bench human judgements (Zheng et al. 2023, CC BY 4.0) in the selection of Calderon et al. (2025).

A line is question, rival of GPT-3.5 (l: LLaMA-13B, v: Vicuna-13B, a: Alpaca-13B, c: Claude-v1, g: GPT-4), and the
answers on both turns: a or b for the model whose name comes first or second in the alphabet, t for a tie.
"""

PEOPLE = {
    "author 0": """82l ba 85c tt 85v tt 86a bb 91l aa 91v ta 92c ab 92v bb 96a bt 97g bb 99c bt 104v ta 105v tt 106v tt
        107c tt 114a tt 115a bb 115c bb 117g bb 117v aa 118a bt 130l aa 131l aa 133v ta 134a tb 137a bb 138a bt 138g tt
        140l aa 141l aa 149l aa 150v bb 156v bb 158a tb 159a bt 159v tb 160v ta""",
    "author 4": """82l aa 82v ab 84a bb 87g bt 91v ba 91l aa 92c aa 92g ba 93g bt 95c ab 100c bb 100a at 100v tt 103g bb
        103v ta 104v aa 104g ta 105g tt 105v tt 109c tt 109v bt 110c ta 112c ta 114a bb 117g bb 118a bt 118l aa 123g tb
        133l aa 133v aa 134a tb 135a bb 137a bb 138a bb 138g aa 138l aa 140l aa 149l aa 150v ba 155v ba 158a bb
        160v tt""",
    "expert 24": """82v tt 84a tb 85c ta 85v aa 86a bb 87g ta 91v ba 92g ba 92v tb 93g tb 95c ab 96a bb 97g bb 99c bt
        100a ab 100c bb 100v aa 103g bb 103v ta 104g ta 105g bb 106v tt 107c tt 109c tt 109v bt 110c tt 112c tt 115c bb
        115a bb 117v aa 118l at 123g tt 130l aa 131l aa 133l aa 135a bb 138l aa 138g tb 141l aa 150v ab 155v ta 156v tb
        159a bb 159v tt""",
}
JUDGES = {
    "gemini_flash": """100a bb 100c bb 100v bb 103g bb 103v bb 104g bb 104v aa 105g aa 105v aa 106v bb 107c aa 109c aa
        109v bb 110c aa 112c tt 114a bb 115a bb 115c aa 117g aa 117v aa 118a aa 118l aa 123g bb 130l aa 131l aa 133l aa
        133v aa 134a bb 135a bb 137a bb 138a bb 138g bb 138l aa 140l aa 141l aa 149l aa 150v bb 155v aa 156v bb 158a bb
        159a bb 159v bb 160v bb 82l ba 82v bb 84a bb 85c bb 85v aa 86a bb 87g bb 91l ab 91v bb 92c aa 92g bb 92v ba
        93g bb 95c bb 96a bb 97g bb 99c aa""",
    "gemini_pro": """100a bb 100c bb 100v bb 103g bb 103v bb 104g aa 104v aa 105g tt 105v aa 106v tt 107c aa 109c bb
        109v bb 110c aa 112c tt 114a bb 115a bb 115c aa 117g aa 117v aa 118a ab 118l ba 123g tb 130l aa 131l aa 133l aa
        133v aa 134a bb 135a bb 137a bb 138a bb 138g aa 138l aa 140l aa 141l aa 149l aa 150v bb 155v aa 156v aa 158a bb
        159a bb 159v bb 160v bb 82l aa 82v bb 84a bb 85c ab 85v bb 86a bb 87g bb 91l aa 91v aa 92c aa 92g aa 92v bb
        93g bb 95c bb 96a bb 97g bb 99c aa""",
}


def answers(text):
    """Answers by (question and rival, turn)."""
    words = text.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    return {(name, turn): "abt".index(both[turn]) for name, both in pairs for turn in (0, 1)}
