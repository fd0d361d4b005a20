# How a folder becomes a target.  Warnings, standards and link rules stand here once.

add_library(realise_options INTERFACE)
target_include_directories(realise_options INTERFACE ${PROJECT_SOURCE_DIR})
# GCC 12 warns of overlapping copies inside std::string concatenation where there are none (its bug 105651).
target_compile_options(realise_options INTERFACE -Wall -Wextra -Wpedantic -Werror $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# realise_library(NAME base SRCS a.cc b.cc DEPS absl::status TEST_DEPS realise_x TESTS a_test.cc)
#
# Makes the library realise_<NAME>, and from TESTS the one test program realise_<NAME>_test.
# LABEL is the ctest label of its tests: unit (the default), contract, kafka, crash.
function(realise_library)
  cmake_parse_arguments(ARG "" "NAME;LABEL" "SRCS;DEPS;TESTS;TEST_DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(realise_${ARG_NAME} STATIC ${ARG_SRCS})
    target_link_libraries(realise_${ARG_NAME} PUBLIC ${ARG_DEPS} PRIVATE realise_options)
    target_include_directories(realise_${ARG_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
  endif()
  if(ARG_TESTS)
    realise_test(NAME realise_${ARG_NAME}_test SRCS ${ARG_TESTS} LABEL ${ARG_LABEL}
                 DEPS realise_${ARG_NAME} ${ARG_TEST_DEPS})
  endif()
endfunction()

# realise_test(NAME x_test SRCS a_test.cc DEPS ... LABEL unit)
#
# One ctest entry for each test program; its output names every case.
function(realise_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_link_libraries(${ARG_NAME} PRIVATE realise_options ${ARG_DEPS} GTest::gmock_main)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
