# weir_embed(TARGET DIR...): turns the data files of the given top folders into one C++ source that
# defines weir::embedded_files(), so that the binary runs alone.
function(weir_embed target)
  set(files)
  foreach(dir ${ARGN})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/${dir}/*)
    list(APPEND files ${found})
  endforeach()
  list(SORT files)
  set(absolute)
  foreach(f ${files})
    list(APPEND absolute ${CMAKE_SOURCE_DIR}/${f})
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/embedded_files.cc)
  string(REPLACE ";" "," joined "${files}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DROOT=${CMAKE_SOURCE_DIR} -DFILES=${joined}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${absolute} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
