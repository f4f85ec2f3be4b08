"""How models refuse and hedge, in several languages; small letters, straight apostrophes."""

from __future__ import annotations

import re

REFUSALS = (
    # English
    *("i can't help", "i cannot help", "i can't assist", "i cannot assist", "i can't comply", "i cannot comply"),
    *("i can't do that", "i cannot do that", "i can't provide", "i cannot provide", "i can't fulfill"),
    *("i cannot fulfill", "i can't answer", "i cannot answer", "i won't be able to", "i am unable to", "i'm unable to"),
    *("i'm not able to help", "i am not able to help", "i must decline", "i have to decline", "i'm sorry, but i can't"),
    *("i'm sorry, but i cannot", "sorry, i can't", "sorry, i cannot", "as an ai language model, i can"),
    # German
    *("ich kann dabei nicht helfen", "dabei kann ich nicht helfen", "dabei kann ich dir nicht", "ich kann ihnen dabei"),
    *("dabei kann ich ihnen nicht", "das kann ich nicht beantworten", "ich kann diese anfrage nicht"),
    # French
    *("je ne peux pas vous aider", "je ne peux pas t'aider", "je ne peux pas répondre", "je ne suis pas en mesure"),
    *("je ne peux pas fournir", "je suis désolé, mais je ne peux pas"),
    # Spanish
    *("no puedo ayudar", "no puedo proporcionar", "no puedo responder", "no puedo cumplir", "lo siento, pero no puedo"),
    # Italian and Portuguese
    *("non posso aiutar", "non posso fornire", "non posso rispondere", "mi dispiace, ma non posso"),
    *("não posso ajudar", "não posso fornecer", "não posso responder", "desculpe, mas não posso"),
    # Russian, Chinese, Japanese
    *("я не могу помочь", "я не могу ответить", "к сожалению, я не могу"),
    *("我无法", "我不能", "抱歉,我", "对不起,我", "申し訳ありませんが", "申し訳ございませんが"),
)

HEDGES = (
    *("i'm not sure", "i am not sure", "i don't know", "i do not know", "i'm not certain", "i could be wrong"),
    *("i might be wrong", "it is hard to say", "it's hard to say", "i don't have enough information"),
    *("ich bin mir nicht sicher", "ich weiß es nicht", "je ne suis pas sûr", "je ne sais pas", "no estoy seguro"),
    *("no lo sé", "non sono sicuro", "não tenho certeza", "я не уверен", "我不确定", "よくわかりません"),
)

_STRAIGHT = str.maketrans({"\u2019": "'", "\u2018": "'", "\uff0c": ",", "\u3000": " "})


def plain(text: str) -> str:
    """Small letters, straight apostrophes, single spaces."""
    return re.sub(r"\s+", " ", text.translate(_STRAIGHT)).strip().casefold()


def says(phrases: tuple[str, ...], text: str) -> bool:
    """Whether one of the phrases stands in `text`, which is plain."""
    return any(phrase in text for phrase in phrases)
