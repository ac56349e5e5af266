# planted(NAME FILE OLD NEW): leak_NAME is the program with OLD replaced by NEW in a copy of src/FILE. The copy's symbols come before
# the library's. Where OLD is no longer in the file, the build stops: then the leak must be planted anew.
function(planted name file old new)
  file(READ ${CMAKE_SOURCE_DIR}/src/${file} text)
  string(FIND "${text}" "${old}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "leaks.cmake: ${file} has no \"${old}\" any more")
  endif()
  string(REPLACE "${old}" "${new}" text "${text}")
  get_filename_component(base ${file} NAME)
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/${name}_${base})
  file(WRITE ${copy}.new "${text}")
  file(COPY_FILE ${copy}.new ${copy} ONLY_IF_DIFFERENT)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${file})
  noninterference(leak_${name} ${copy})
endfunction()

# How many records a list has.
planted(count seal/view.cc "i < rules_.page" "i < records.size()")
# How long a text is.
planted(length seal/view.cc "view_.text = reference(number);" "view_.text = reference(number) + std::to_string(result_.texts.size());")
# Whether the tool failed.
planted(error seal/view.cc "if (number == 0) {" "if (result_.is_error) { view_.text = \"failed\"; } else if (number == 0) {")
# What a denied argument is.
planted(denial guard/guard.cc "leaf.sealed ? \", sealed\" : \"\"" "leaf.sealed ? leaf.value : std::string()")
# In what order records came.
planted(order seal/view.cc "const Digest key = key_of(key_, \"item\", i);" "const Digest key = key_of(key_, piece != nullptr ? piece->text : std::string(), i); if (piece != nullptr && piece->text.size() % 2 == 0) vault_.number(key_of(key_, \"odd\", i));")
# What the client shows of an answer, when it comes back.
planted(expansion session/planner.cc "if (!rewriting.hides(emitted.label)) {" "if (text != nullptr || !rewriting.hides(emitted.label)) {")
# Which of two results at /mcp comes first.
planted(arrival session/workspace.cc "seal::reserve_numbers(" "if (false) seal::reserve_numbers(")
# Whether a server at /mcp fails.
planted(door gateway/mcp/session.cc "if (instead)" "if (instead && !result->is_error)")
# How long a result is, where a client's request is put into its upstream's words.
planted(bridge wire/translate/ollama_request_out.cc "\"tool_call_id\", result.call_id);" "\"tool_call_id\", result.call_id + std::to_string(text.size()));")
