/* log_event: the events of the log.
 *
 * One table gives the name, the level, and a line for postern(8), from which its list is made (man/confdoc).
 * The level is the usual one: log_begin_at and log_text_at write an event at another. Names are lower case
 * here, too, as they stand in the log. */
#ifndef POSTERN_BASE_LOG_EVENT_H
#define POSTERN_BASE_LOG_EVENT_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* X(name, level, line for the manual) */
#define LOG_EVENT_TABLE(X)                                                                                   \
    /* start, stop, reload */                                                                                \
    X(starting, INFO, "The service starts; the text has its version.")                                       \
    X(configuration, WARNING, "A problem in the configuration. It is an error if a reload fails for it.")    \
    X(user_unknown, ERROR, "The user of [postern] user does not exist.")                                     \
    X(pid_file_failed, ERROR, "The file of [postern] pid_file could not be written.")                        \
    X(listen_failed, ERROR, "An address of [pop3] listen is not available.")                                 \
    X(limit_low, WARNING, "More sessions are configured than the limit of open files allows.")               \
    X(no_control, WARNING, "There is no control socket: status and other commands cannot ask the service.")  \
    X(control_refused, WARNING, "An unauthorised process connected to the control socket.")                  \
    X(started, INFO, "The service is ready for sessions, or gateway watch has begun.")                       \
    X(stopping, INFO, "The service stops after the messages in hand. It is a warning if it stops at once.")  \
    X(stopped, INFO,                                                                                         \
      "The service has ended, or gateway watch. The latter is a warning if proxies are down.")               \
    X(reload, INFO, "The configuration is read again.")                                                      \
    X(reloaded, INFO, "The new configuration is in effect.")                                                 \
    X(reload_failed, ERROR, "The new configuration is not used. Nothing has changed.")                       \
    X(not_reloaded, WARNING, "gateway watch reads the configuration at its start only.")                     \
    /* processes */                                                                                          \
    X(child_started, INFO, "A process was started.")                                                         \
    X(child_ready, INFO, "A process is ready.")                                                              \
    X(child_ended, WARNING, "A process has ended. It is info if the process was to end.")                    \
    X(child_hung, ERROR, "A process gave no sign of life and is killed.")                                    \
    X(child_accused, ERROR, "A process broke the rules of messages between processes and is killed.")        \
    X(child_failed, ERROR, "A process could not arrange its descriptors.")                                   \
    X(not_started, ERROR, "A process cannot run on this host. The service ends.")                            \
    X(fork_failed, ERROR, "A process could not be started. It is tried again.")                              \
    X(channel_failed, ERROR, "No channel between two processes could be made.")                              \
    X(ipc_violation, ERROR, "Another process sent a message that it may not send.")                          \
    X(ipc_no_descriptor, ERROR, "A descriptor could not be sent to another process.")                        \
    X(privileges_not_dropped, ERROR, "A process could not give up its privileges and does not run.")         \
    X(sandbox_failed, ERROR, "A process could not enter its sandbox and does not run.")                      \
    X(sandbox_weaker, WARNING, "A part of a process's sandbox is not available on this host.")               \
    X(sandbox_relaxed, DEBUG, "There is no system call filter, as the program was built with a sanitizer.")  \
    X(disposable, WARNING, "The child process that parses one header gave no answer.")                       \
    /* the log itself */                                                                                     \
    X(log_dropped, WARNING, "Lines are missing before this one.")                                            \
    X(log_may_wait, WARNING, "A log that cannot be written blocks the service.")                             \
    X(log_not_written, ERROR, "The process that writes the log file could not be started.")                  \
    X(log_writer_ended, ERROR, "The process that writes the log file has ended. Another one is started.")    \
    /* sessions */                                                                                           \
    X(accept, ERROR, "No connection can be accepted at the moment.")                                         \
    X(refused, WARNING, "A connection was refused. Repetitions are debug.")                                  \
    X(session_begin, DEBUG, "A session begins.")                                                             \
    X(session, INFO, "A session has ended. Its reason decides the level.")                                   \
    X(phase, DEBUG, "A session has changed its state.")                                                      \
    X(command_refused, INFO, "A command was refused. Its reason decides the level.")                         \
    X(unscanned, WARNING, "A session has changed to TLS and passes unscanned.")                              \
    X(message, INFO, "A message was delivered, replaced or refused. The reason, if any, decides the level.") \
    X(verdict_known, DEBUG, "The verdict on a message was known from an identical one.")                     \
    X(incident, WARNING, "A message was not clean.")                                                         \
    X(spool, ERROR, "A message could not be held. Repetitions are debug.")                                   \
    /* scanning */                                                                                           \
    X(engine, ERROR, "An engine could not be set up. It is a warning if [scan] engines is none.")            \
    X(engine_failed, ERROR, "The program of [command] run gave no verdict.")                                 \
    X(engine_gives_up, WARNING, "An engine failed for one message again and again: it is unscannable.")      \
    X(engine_stalls, ERROR, "An engine answers neither a scan nor its self test.")                           \
    X(self_test, ERROR, "An engine has failed its self test. It is info if the engine has passed.")          \
    X(object, DEBUG, "The verdict on a part of a message, or on the message with other line ends.")          \
    X(scan_objects, ERROR, "A message with other line ends could not be made: its scan has failed.")         \
    X(no_verdict_table, WARNING, "Relays cannot look up verdicts and ask for each message.")                 \
    X(reader, WARNING, "A header that a child process returned was not valid and was dropped.")              \
    X(clamd, ERROR, "clamd failed. It is info if clamd was reached, with its version.")                      \
    X(clamd_alerts, WARNING, "clamd reports as clean what it cannot scan.")                                  \
    X(libclamav, WARNING, "A warning or an error of libclamav.")                                             \
    X(signatures, INFO, "The built-in engine has loaded its signatures.")                                    \
    X(signatures_changed, INFO, "There are new signatures, which are being loaded.")                         \
    X(signatures_replaced, INFO, "The new signatures are in use.")                                           \
    X(signatures_refused, ERROR, "The new signatures are not used. The present ones stay in use.")           \
    X(no_signatures, ERROR, "The built-in engine found no signatures.")                                      \
    X(bad_signatures, ERROR, "The signatures of the built-in engine are damaged.")                           \
    X(warm_up, ERROR, "The built-in engine did not call a harmless message clean, and is not used.")         \
    X(scan_incomplete, ERROR, "The built-in engine could not scan all of a message.")                        \
    X(message_refused, ERROR,                                                                                \
      "The built-in engine did not take a message, which another process could change.")                     \
    X(clamav_not_started, ERROR, "The program postern-clamav could not be started.")                         \
    X(usage, ERROR, "The program postern-clamav was not started by postern.")                                \
    X(worker, ERROR, "A worker of the built-in engine could not be started. It is tried again.")             \
    X(worker_died, WARNING, "A worker was killed by a signal. It is debug if the worker exited.")            \
    X(worker_overdue, WARNING, "A worker did not end at its deadline and is killed.")                        \
    X(worker_stopped, ERROR, "A worker was stopped by a signal and is killed.")                              \
    /* quarantine */                                                                                         \
    X(quarantine, INFO, "The quarantine is open.")                                                           \
    X(quarantine_unusable, ERROR, "The directory of the quarantine cannot be used.")                         \
    X(stored, INFO, "A message was put into the quarantine.")                                                \
    X(store_failed, ERROR, "The quarantine could not take a message.")                                       \
    X(record_failed, ERROR, "The record of an incident could not be written.")                               \
    X(passed, INFO, "A message was delivered that had been released.")                                       \
    X(expired, INFO, "Old incidents were removed.")                                                          \
    X(expire_failed, ERROR, "Old incidents could not be removed.")                                           \
    X(clock_set, WARNING, "The wall clock was set.")                                                         \
    X(incident_released, INFO, "postern quarantine release was carried out.")                                \
    X(incident_deleted, INFO, "postern quarantine delete was carried out.")                                  \
    X(incidents_expired, INFO, "postern quarantine expire was carried out.")                                 \
    X(quarantine_refused, WARNING, "A request of postern quarantine was refused.")                           \
    /* gateway watch */                                                                                      \
    X(no_packet_filter, ERROR, "The kernel's tables cannot be watched.")                                     \
    X(no_runtime_directory, ERROR, "The directory of [postern] runtime_directory is not available.")         \
    X(no_table, WARNING, "gateway apply has not installed its table yet.")                                   \
    X(table_installed, INFO, "gateway apply has installed its table.")                                       \
    X(table_gone, ERROR, "The table of gateway apply was removed.")                                          \
    X(table_changed, ERROR, "A part of the table of gateway apply was removed.")                             \
    X(table_back, WARNING, "The table of gateway apply is whole again.")                                     \
    X(table_failed, ERROR, "The table of gateway apply could not be put back. Repetitions are debug.")       \
    X(route_gone, WARNING, "A policy rule or route of gateway apply was missing.")                           \
    X(route_back, WARNING, "A policy rule or route of gateway apply is there again.")                        \
    X(proxy_down, WARNING, "A proxy does not answer.")                                                       \
    X(proxy_up, INFO, "A proxy answers.")                                                                    \
    X(no_proxy, ERROR, "No proxy of a family answers.")                                                      \
    X(proxy_again, WARNING, "A proxy of a family answers again.")                                            \
    X(spread, INFO, "The proxies over which new connections are balanced.")                                  \
    X(spread_failed, ERROR,                                                                                  \
      "nft did not change over which proxies connections are balanced. Repetitions are debug.")              \
    X(interface_fault, ERROR,                                                                                \
      "Packets of clients do not bear a name of [gateway] interface. It is a warning if most do.")           \
    X(interface_mended, WARNING, "Packets of clients bear a name of [gateway] interface again.")             \
    X(unlisted_interface, ERROR, "Mail came in by an interface that is not in [gateway] interface.")

enum log_event {
#define X(name, level, line) EVENT_##name,
    LOG_EVENT_TABLE(X)
#undef X
};

#define X(name, level, line) +1
enum { LOG_EVENT_COUNT = LOG_EVENT_TABLE(X) };
#undef X

const char *log_level_name(enum log_level level); /* "warning" */
const char *log_event_name(enum log_event event); /* "child_ended" */
enum log_level log_event_level(enum log_event event);
const char *log_event_line(enum log_event event);

/* A hint that names events: "TEXT (event=started or event=stopped)". An event that does not exist does not
 * compile. */
#define LOG_EVENT_HINT(text, a, b) ((void)EVENT_##a, (void)EVENT_##b, text " (event=" #a " or event=" #b ")")
#define LOG_EVENT_HINT_3(text, a, b, c) \
    ((void)EVENT_##a, (void)EVENT_##b, (void)EVENT_##c, text " (event=" #a ", event=" #b " or event=" #c ")")

#endif
