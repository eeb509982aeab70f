"""The bench: the cost of a session through Postern, compared with other programs, all in one run.

    placements   the programs that can be placed between a client and the server, and how they are started
    processes    processor time and private memory of a process
    measure      the plan of a run, interleaved over several rounds
    report       medians and ratios: as a table, as JSON, against the targets
    charts       the same as charts

The load generator, the server and the yardstick are C programs in this directory: pop3_load, pop3_source, yardstick. Everything runs on
loopback. Only the standard library is used, and the lab (lab/) to start and stop Postern.
"""
