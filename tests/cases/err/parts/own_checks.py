def polite(answer, action, prompt):
    return "please" in answer
