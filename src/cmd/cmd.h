/* cmd: the subcommands of postern. argv[0] is the name of the subcommand. The return value is the exit
 * status: 0 done, 1 failed, 2 wrong usage, 3 the service is needed and does not run, 4 the message of
 * test-scan is not clean. doctor has exit statuses of its own (doctor_report.h). */
#ifndef POSTERN_CMD_CMD_H
#define POSTERN_CMD_CMD_H

enum { CMD_DONE = 0, CMD_FAILED = 1, CMD_USAGE = 2, CMD_NOT_RUNNING = 3, CMD_NOT_CLEAN = 4 };

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_gateway(int argc, char **argv);
int cmd_quarantine(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_test_scan(int argc, char **argv);
int cmd_tls(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
