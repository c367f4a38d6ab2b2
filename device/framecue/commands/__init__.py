"""The commands of the rooms, apart from them: a command has started before its room is imported."""
