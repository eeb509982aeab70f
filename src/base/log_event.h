/* log_event: the events of the log.
 *
 * One table gives each event's name, usual level and description. man/confdoc writes this table into
 * postern(8). log_begin_at and log_text_at log an event at another level. An enumerator ends in the name that
 * is logged: EVENT_child_ended. */
#ifndef POSTERN_BASE_LOG_EVENT_H
#define POSTERN_BASE_LOG_EVENT_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* X(name, usual level, description in postern(8)) */
#define LOG_EVENT_TABLE(X)                                                                                   \
    /* start, stop, reload */                                                                                \
    X(starting, INFO, "The service is starting; the text contains its version.")                             \
    X(configuration, WARNING,                                                                                \
      "There is a problem in the configuration. Level error if a reload fails because of it.")               \
    X(user_unknown, ERROR, "There is no user with the configured name.")                                     \
    X(pid_file_failed, ERROR, "The file that [postern] pid_file names could not be written.")                \
    X(listen_failed, ERROR, "The service cannot listen on an address of [pop3] listen.")                     \
    X(limit_low, WARNING, "More sessions are configured than the limit of open files allows.")               \
    X(no_control, WARNING,                                                                                   \
      "The control socket could not be created: status and similar commands do not work.")                   \
    X(control_refused, WARNING, "An unauthorised process connected to the control socket.")                  \
    X(started, INFO, "The service is ready for sessions, or gateway watch has started.")                     \
    X(stopping, INFO,                                                                                        \
      "The service finishes its messages, then stops. Level warning if it stops waiting for them.")          \
    X(stopped, INFO,                                                                                         \
      "The service or gateway watch has ended. Level warning if gateway watch ends while the table leaves "  \
      "some proxies out.")                                                                                   \
    X(reload, INFO, "The service reads its configuration again.")                                            \
    X(reloaded, INFO, "The new configuration is in effect.")                                                 \
    X(reload_failed, ERROR,                                                                                  \
      "The old configuration stays in effect. One exception: if the text names the keeper, the new one is "  \
      "in effect, and only the keeper (the process that stores messages in the quarantine) has failed.")     \
    X(not_reloaded, WARNING, "gateway watch received SIGHUP, but reads its configuration only at start.")    \
    /* processes */                                                                                          \
    X(child_started, INFO, "A process was started.")                                                         \
    X(child_ready, INFO, "A process is ready.")                                                              \
    X(child_ended, WARNING,                                                                                  \
      "A process has ended. Level info if this was expected and its exit status is 0.")                      \
    X(child_hung, ERROR, "A process gave no sign of life and is killed.")                                    \
    X(child_accused, ERROR, "A process is killed because its peer reports an invalid message from it.")      \
    X(child_rejoined, WARNING,                                                                               \
      "Another process has lost its channel to this one, and both are connected again.")                     \
    X(child_failed, ERROR, "A new process could not set up its descriptors.")                                \
    X(not_started, ERROR, "A process could not run at the start of the service, so the service ends.")       \
    X(fork_failed, ERROR, "A process could not be started. Another attempt follows.")                        \
    X(channel_failed, ERROR, "A channel between two processes could not be created.")                        \
    X(ipc_violation, ERROR,                                                                                  \
      "Another process sent an invalid message, or does not read the messages that are sent to it.")         \
    X(ipc_no_descriptor, ERROR, "No descriptor was free to send or receive a message.")                      \
    X(privileges_not_dropped, ERROR, "A process could not give up its privileges and does not run.")         \
    X(sandbox_failed, ERROR, "A process could not enter its sandbox and does not run.")                      \
    X(sandbox_weaker, WARNING, "A part of a process's sandbox is not available on this host.")               \
    X(sandbox_relaxed, DEBUG,                                                                                \
      "System calls are not filtered, because the program was built with a sanitizer.")                      \
    X(oneshot_child, WARNING,                                                                                \
      "A child process that parses one message gave no answer. Level error if it could not run.")            \
    /* the log itself */                                                                                     \
    X(log_dropped, WARNING, "Lines are missing before this one.")                                            \
    X(log_may_wait, WARNING,                                                                                 \
      "The log could not be made non-blocking: while it cannot be written, the service waits.")              \
    X(log_not_written, ERROR,                                                                                \
      "The process that writes the log file could not be started. Another attempt follows.")                 \
    X(log_writer_ended, ERROR, "The process that writes the log file has ended. Another one is started.")    \
    /* sessions */                                                                                           \
    X(accept, ERROR, "Connections cannot be accepted at the moment.")                                        \
    X(refused, WARNING,                                                                                      \
      "A connection was refused. The reason decides the level; repetitions have level debug.")               \
    X(session_begin, DEBUG, "A session begins.")                                                             \
    X(session, INFO, "A session has ended. The reason decides the level.")                                   \
    X(phase, DEBUG, "A session has changed its state.")                                                      \
    X(command_refused, INFO, "A command was refused. The reason decides the level.")                         \
    X(unscanned, WARNING, "A session has switched to TLS: the rest of it is not scanned.")                   \
    X(tls, INFO,                                                                                             \
      "A TLS handshake is complete. Level debug if the peer is a client. Level warning if the certificate "  \
      "is bad.")                                                                                             \
    X(tls_refused, WARNING, "TLS could not be intercepted. The reason decides the level.")                   \
    X(tls_rejected, INFO,                                                                                    \
      "A client has rejected a certificate. Level warning for the rejection whose number is [tls] "          \
      "untrusting_after.")                                                                                   \
    X(tls_trust, ERROR, "The certificates of [tls] trust, extra_trust or crl could not be read.")            \
    X(message, INFO, "A message was delivered, replaced or refused. The reason, if any, decides the level.") \
    X(verdict_known, DEBUG, "The verdict on a message was known from an identical message.")                 \
    X(incident, WARNING, "A message was not clean, and was recorded in the quarantine.")                     \
    X(spool, ERROR, "A message could not be stored until its scan ends. Repetitions have level debug.")      \
    /* scanning */                                                                                           \
    X(engine, ERROR,                                                                                         \
      "An engine could not be set up. Level warning if [scan] engines is none, so that nothing is scanned.") \
    X(engine_failed, ERROR, "The program that [command] run names gave no verdict.")                         \
    X(engine_gives_up, WARNING,                                                                              \
      "An engine failed repeatedly for one message, which is unscannable for this reason.")                  \
    X(engine_stalls, ERROR, "An engine answers neither a scan nor its self test.")                           \
    X(self_test, ERROR,                                                                                      \
      "An engine has failed its self test. Level info if it has passed. Level debug if the result is the "   \
      "same as last time.")                                                                                  \
    X(object, DEBUG,                                                                                         \
      "A further object of a message (a part of it, or the message with other line ends) has a worse "       \
      "verdict than those before.")                                                                          \
    X(scan_objects, ERROR,                                                                                   \
      "The copy of a message with other line ends could not be made, so the scan has failed.")               \
    X(no_verdict_table, WARNING,                                                                             \
      "The table of verdicts could not be created: relays request a scan of each message.")                  \
    X(reader, WARNING, "A child process returned an invalid header, which was dropped.")                     \
    X(clamd, ERROR,                                                                                          \
      "clamd failed. Level info if clamd was reached or has new signatures. Then the text is the version "   \
      "of clamd.")                                                                                           \
    X(clamd_alerts, WARNING, "clamd reports as clean what it cannot scan.")                                  \
    X(libclamav, WARNING, "libclamav has reported a warning or an error.")                                   \
    X(signatures, INFO, "The built-in engine has loaded its signatures.")                                    \
    X(signatures_changed, INFO, "There are new signatures. They are being loaded.")                          \
    X(signatures_replaced, INFO, "The new signatures are in use.")                                           \
    X(signatures_refused, ERROR,                                                                             \
      "The new signatures are not used. The old ones stay in use, unless [builtin] reload is restart.")      \
    X(no_signatures, ERROR, "The built-in engine found no signatures.")                                      \
    X(bad_signatures, ERROR, "The signatures of the built-in engine cannot be loaded.")                      \
    X(warm_up, ERROR, "The built-in engine did not find a harmless message clean, and is not used.")         \
    X(scan_incomplete, ERROR, "The built-in engine could not scan all of a message.")                        \
    X(message_refused, ERROR,                                                                                \
      "The built-in engine did not scan a message whose file is not as announced, or is writable.")          \
    X(clamav_not_started, ERROR, "The program postern-clamav could not be started.")                         \
    X(usage, ERROR, "The options of postern-clamav are invalid: only postern starts this program.")          \
    X(worker, ERROR, "A worker of the built-in engine could not be started. Another attempt follows.")       \
    X(worker_died, WARNING,                                                                                  \
      "A signal has ended a worker. Level debug if the worker ended by itself or on request.")               \
    X(worker_overdue, WARNING, "A worker was still scanning at twice its deadline and is killed.")           \
    X(worker_stopped, ERROR, "A worker was stopped (suspended) by a signal and is killed.")                  \
    /* TLS */                                                                                                \
    X(authority, INFO,                                                                                       \
      "The keys of the certificate authority are loaded. The text has the number of certificates that "      \
      "earlier runs have issued and that are used again.")                                                   \
    X(authority_unusable, ERROR, "The certificate authority of [tls] directory cannot be used.")             \
    X(leaf, INFO, "A certificate was issued in place of a server's own.")                                    \
    X(leaf_names, INFO, "Further names of a certificate that was issued. The serial number identifies it.")  \
    X(leaf_refused, WARNING, "A certificate that a relay requested was not issued.")                         \
    X(leaf_not_kept, WARNING, "A certificate could not be stored, so a restart will issue another one.")     \
    X(page_failed, ERROR, "The page of [tls] page cannot be served.")                                        \
    /* quarantine */                                                                                         \
    X(quarantine, INFO, "The quarantine was opened.")                                                        \
    X(quarantine_unusable, ERROR, "The directory of the quarantine cannot be used.")                         \
    X(stored, INFO,                                                                                          \
      "An incident was recorded in the quarantine. The original message is stored with it, unless it was "   \
      "destroyed.")                                                                                          \
    X(store_failed, ERROR, "A message could not be stored in the quarantine.")                               \
    X(record_failed, ERROR, "The record of an incident could not be written.")                               \
    X(passed, INFO, "A message was released earlier, and is now to be delivered unmodified.")                \
    X(expired, INFO, "Old incidents were removed.")                                                          \
    X(expire_failed, ERROR, "Old incidents could not be removed.")                                           \
    X(clock_set, WARNING, "The wall clock was set.")                                                         \
    X(incident_released, INFO, "postern quarantine release was carried out.")                                \
    X(incident_deleted, INFO, "postern quarantine delete was carried out.")                                  \
    X(incidents_expired, INFO, "postern quarantine expire was carried out.")                                 \
    X(quarantine_refused, WARNING, "A request of postern quarantine was not carried out.")                   \
    /* gateway watch */                                                                                      \
    X(no_packet_filter, ERROR, "Changes of the packet filter cannot be watched.")                            \
    X(no_runtime_directory, ERROR, "The directory of [postern] runtime_directory is not available.")         \
    X(no_table, WARNING, "gateway apply has not installed its table yet.")                                   \
    X(table_installed, INFO, "gateway apply has installed its table.")                                       \
    X(table_gone, ERROR, "The table of gateway apply was removed.")                                          \
    X(table_changed, ERROR, "A part of the table of gateway apply was removed.")                             \
    X(table_back, WARNING, "The table of gateway apply is complete again.")                                  \
    X(table_failed, ERROR,                                                                                   \
      "The table of gateway apply could not be restored. Repetitions have level debug.")                     \
    X(route_gone, WARNING, "A policy rule or route of gateway apply was missing.")                           \
    X(route_back, WARNING, "A policy rule or route of gateway apply is present again.")                      \
    X(proxy_down, WARNING, "A proxy does not answer.")                                                       \
    X(proxy_up, INFO, "A proxy answers.")                                                                    \
    X(no_proxy, ERROR, "For one address family, no proxy answers.")                                          \
    X(proxy_again, WARNING, "For one address family, a proxy answers again.")                                \
    X(spread, INFO, "New connections are now distributed over the listed proxies.")                          \
    X(spread_failed, ERROR,                                                                                  \
      "nft could not change the distribution over the proxies. Repetitions have level debug.")               \
    X(interface_fault, ERROR,                                                                                \
      "Packets from a listed interface are not diverted. Level warning if this is possible, but not "        \
      "certain.")                                                                                            \
    X(interface_mended, WARNING, "A fault that interface_fault reported has gone.")                          \
    X(unlisted_interface, ERROR, "Mail arrived by an interface that is not in [gateway] interface.")

enum log_event {
#define X(name, level, description) EVENT_##name,
    LOG_EVENT_TABLE(X)
#undef X
};

#define X(name, level, description) +1
enum { LOG_EVENT_COUNT = LOG_EVENT_TABLE(X) };
#undef X

const char *log_level_name(enum log_level level); /* "warning" */
const char *log_event_name(enum log_event event); /* "child_ended" */
enum log_level log_event_level(enum log_event event);
const char *log_event_description(enum log_event event);

/* A hint that names events: "TEXT (event=started or event=stopped)". This does not compile if there is no
 * such event. */
#define LOG_EVENT_HINT(text, a, b) ((void)EVENT_##a, (void)EVENT_##b, text " (event=" #a " or event=" #b ")")
#define LOG_EVENT_HINT_3(text, a, b, c) \
    ((void)EVENT_##a, (void)EVENT_##b, (void)EVENT_##c, text " (event=" #a ", event=" #b " or event=" #c ")")

#endif
