"""Pictures that Slack's own blocks cannot draw: how likely each total of a run is.

``curve`` says what is drawn, ``studio`` has it drawn by a process of its own, ``worker`` is that
process, and ``drawing`` alone knows the plotting library.
"""
