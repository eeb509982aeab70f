"""The bench: what a session through Postern costs, beside what it costs through others, all in one run.

    placements   what can stand between a client and the server, and how it is started
    processes    what a process has used: processor time, private memory
    measure      the plan of a run, interleaved over several rounds
    report       medians and ratios: as a table, as JSON, against the targets
    charts       the same as pictures

The programs that measure and are measured against are in C beside these: pop3_load, pop3_source, yardstick. Everything is on loopback.
Only the standard library is used, and the lab (lab/) to start and end Postern.
"""
