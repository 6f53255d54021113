"""The week before the interview: cards, drills, mock interviews, history and progress."""
