"""Tool names that many servers offer: what others imitate."""

from __future__ import annotations

KNOWN = frozenset(
    """read_file read_text_file read_media_file read_multiple_files write_file edit_file create_file delete_file
    move_file copy_file rename_file upload_file download_file list_files search_files get_file_info create_directory
    list_directory delete_directory directory_tree list_allowed_directories exec_command execute_command run_command
    run_shell_command execute_code run_code run_python fetch fetch_url http_request web_search brave_web_search
    browser_navigate browser_click browser_snapshot take_screenshot search_repositories create_repository
    get_file_contents push_files create_pull_request merge_pull_request list_pull_requests create_issue list_issues
    update_issue search_code create_branch git_status git_diff git_commit git_log git_checkout git_push git_clone
    send_email read_email list_emails search_emails send_message post_message list_messages search_messages
    list_channels create_event list_events delete_event read_query write_query execute_query run_query execute_sql
    query_database list_tables describe_table create_table create_entities create_relations add_observations read_graph
    search_nodes open_nodes sequentialthinking get_current_time convert_time create_page update_page search_documents
    list_resources read_resource create_task update_task get_weather""".split()
)
"""Tools that many servers offer under these very names."""
