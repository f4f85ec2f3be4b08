def polite(answer: str, action: str | None, prompt: str) -> bool:
    return "please" in answer
