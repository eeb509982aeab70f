#include "cmd/cmd.h"
#include "cmd/doctor/doctor_links.h"
#include "cmd/options.h"
#include "cmd/service_call.h"

#include "build_config.h"

#include <stdio.h>
#include <unistd.h>

static const char help_text[] =
    "usage: postern doctor [-c FILE] [--through HOST[:PORT]] [--json]\n"
    "\n"
    "Checks each link of the chain from the configuration to the mail and reports it as \"ok\",\n"
    "\"warning\", \"fault\" with its remedy, or \"not checked\" with the reason. Changes nothing; the\n"
    "service scans one test virus and one harmless message, and a file is stored in the quarantine\n"
    "and removed. What needs root is \"not checked\" for other users. Signatures older than\n"
    "3 days are a warning, older than 14 days a fault.\n"
    "Status 0: mail that should be scanned is scanned; 1: there is a fault; 2: there is none, but\n"
    "something was not checked.\n"
    "\n"
    "  --through HOST     also connect to this mail server (default: port 110), as a client would,\n"
    "                     and report its greeting and capabilities, and whether another host\n"
    "                     intercepts the connection. No mail is requested\n"
    "  --json             answer in JSON\n"
    "  -c, --config FILE  the configuration (default: " POSTERN_CONFIG_FILE ")\n"
    "  --help             this text\n";

static int print_report(const struct doctor_report *report)
{
    struct buf text = {0};
    bool is_printed;

    doctor_report_print(report, &text);
    is_printed = fputs(buf_c_str(&text), stdout) != EOF && fflush(stdout) == 0;
    buf_fini(&text);
    if (!is_printed)
        perror("postern doctor: standard output");
    return is_printed ? CMD_DONE : CMD_FAILED;
}

int cmd_doctor(int argc, char **argv)
{
    struct options options;
    static struct doctor doctor;
    int status, printed;

    if (!options_read(argc, argv, help_text, OPTIONS_JSON | OPTIONS_THROUGH, &options, &status))
        return status;
    doctor.conf_file = options.conf_file;
    doctor.through = options.through;
    doctor.is_root = geteuid() == 0;
    doctor.now = time(NULL);
    doctor_check_all(&doctor);
    printed = options.json ? service_print_json("doctor", doctor_report_json(&doctor.report))
                           : print_report(&doctor.report);
    status = printed == CMD_DONE ? doctor_report_status(&doctor.report) : CMD_FAILED;
    doctor_fini(&doctor);
    return status;
}
